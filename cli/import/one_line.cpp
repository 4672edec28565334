#include "one_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "source.hpp"

namespace ferrotunnel::cli::importing {
namespace {

using Option = std::pair<std::string_view, std::string_view>;  // a key, and the option with the same value

constexpr std::array service_options{
    Option{"host_header", "--host-header"},
    Option{"bind", "--remote-bind"},
    Option{"proxy_protocol", "--proxy-protocol"},
    Option{"group", "--group"},
    Option{"health", "--health"},
    Option{"backend_ca", "--backend-ca"},
    Option{"backend_name", "--backend-name"},
    Option{"backend_certificate", "--backend-certificate"},
    Option{"backend_key", "--backend-key"},
};

constexpr std::array client_options{
    Option{"server", "--server"},
    Option{"name", "--name"},
    Option{"proxy", "--proxy"},
    Option{"connections", "--connections"},
    Option{"metrics", "--metrics"},
    Option{"inspect", "--inspect"},
    Option{"drain", "--drain"},
    Option{"tls_ca", "--tls-ca"},
    Option{"tls_pin", "--tls-pin"},
    Option{"timing.ping_interval", "--ping-interval"},
    Option{"timing.dead_interval", "--dead-interval"},
    Option{"timing.handshake_timeout", "--handshake-timeout"},
};

std::string quoted(const std::string& word) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:/@=,+%[]";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos && word.find('[') == std::string::npos) {
        return word;
    }
    std::string text = "'";
    for (const char c : word) {
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return text + "'";
}

std::string scalar_at(const Node& node, std::string_view path) {
    const Node* const found = node.find(path);
    return found != nullptr && found->kind() == Node::Kind::scalar ? found->scalar() : std::string();
}

/// Builds the words, and notices a key that no option has.
class OneLine {
public:
    explicit OneLine(const Draft& draft) : draft_(draft) {}

    std::string text() {
        const Node* const services = draft_.client.find("services");
        const Node* const visits = draft_.client.find("visits");
        const bool has_one = services != nullptr && visits == nullptr && services->children().size() == 1;
        if (!has_one || draft_.server.kind() != Node::Kind::empty) {
            return {};
        }
        add_service(services->children().front());
        add_client();
        const std::string line = fmt::format("ferrotunnel {}", fmt::join(words_, " "));
        const std::string reference = env_reference("").substr(0, 3);  // options have no variables
        return is_possible_ && line.find(reference) == std::string::npos ? line : std::string();
    }

private:
    void add(std::string_view option, const std::string& value) {
        words_.emplace_back(option);
        words_.push_back(quoted(value));
    }

    void add_service(const Node& service) {
        add_kind(service);
        for (const Node& each : service.children()) {
            const auto option = std::ranges::find(service_options, each.key(), &Option::first);
            if (each.key() == "plugins") {
                add_plugins(each);
            } else if (each.key() == "backend_insecure") {
                words_.emplace_back("--backend-insecure");
            } else if (option != service_options.end() && each.kind() == Node::Kind::scalar) {
                add(option->second, each.scalar());
            } else if (std::ranges::find(expressed_by_kind_, each.key()) == expressed_by_kind_.end()) {
                is_possible_ = false;
            }
        }
    }

    void add_kind(const Node& service) {
        const std::string local = scalar_at(service, "local");
        const std::string backend = quoted(local.starts_with("localhost:") ? local.substr(10) : local);
        for (const std::string_view kind : {"tcp", "udp"}) {
            const std::string port = scalar_at(service, kind);
            if (port == "private") {
                words_ = {"client", kind == "tcp" ? "--private" : "--private-udp",
                          quoted(scalar_at(service, "name") + "=" + local)};
                add_secret("--key-file", scalar_at(service, "key"));
            } else if (!port.empty()) {
                words_ = {std::string(kind), backend};
                port == "0" ? void() : add("--remote-port", port);
                is_possible_ = is_possible_ && local != "exit" && service.find("key") == nullptr;
            }
        }
        if (!words_.empty()) {
            return;
        }
        const bool is_http = service.find("http") != nullptr;
        const std::string host = scalar_at(service, is_http ? "http" : "tls");
        const std::string path = scalar_at(service, "path");
        is_possible_ = is_possible_ && !host.empty() && (path.empty() || path.starts_with('/'));
        if (local.starts_with("files:")) {
            words_ = {"files", quoted(local.substr(6))};
        } else {
            words_ = {is_http ? "http" : "tls", backend};
        }
        if (host != "assigned" || !path.empty()) {
            add("--host", (host == "assigned" ? std::string() : host) + path);
        }
    }

    void add_plugins(const Node& plugins) {
        for (const Node& item : plugins.children()) {
            const Node* const networks = item.find("ip-filter.allow");
            const Node* const users = item.find("auth.users");
            if (networks != nullptr && item.find("ip-filter.deny") == nullptr) {
                for (const Node& network : networks->children()) {
                    add("--allow-ip", network.scalar());
                }
            } else if (users != nullptr && users->children().size() == 1 && item.find("auth.realm") == nullptr) {
                const std::string& user = users->children().front().key();
                add("--basic-auth", user);
                add("--password-file", user + ".password");
            } else {
                is_possible_ = false;
            }
        }
    }

    void add_client() {
        for (const auto& [key, option] : client_options) {
            if (const std::string value = scalar_at(draft_.client, key); !value.empty()) {
                add(option, value);
            }
        }
        if (draft_.client.find("server") == nullptr) {
            add("--server", "HOST");
        }
        const std::string token = scalar_at(draft_.client, "token");
        add_secret("--token-file", token.empty() ? "file:token" : token);
        if (const std::string level = scalar_at(draft_.client_log, "level"); !level.empty()) {
            add("--log-level", level);
        }
        for (const Node& each : draft_.client.children()) {
            const bool is_known = each.key() == "services" || each.key() == "token" || each.key() == "timing" ||
                                  std::ranges::find(client_options, each.key(), &Option::first) != client_options.end();
            is_possible_ = is_possible_ && is_known;
        }
    }

    void add_secret(std::string_view option, const std::string& reference) {
        if (!reference.starts_with("file:")) {
            is_possible_ = is_possible_ && reference.starts_with("env:") && option == "--token-file";
            return;  // from the environment
        }
        add(option, reference.substr(5));
    }

    static constexpr std::array<std::string_view, 8> expressed_by_kind_{"name", "tcp",   "udp",  "http",
                                                                        "tls",  "local", "path", "key"};

    const Draft& draft_;
    std::vector<std::string> words_;
    bool is_possible_ = true;
};

}  // namespace

std::string one_line_command(const Draft& draft) {
    return OneLine(draft).text();
}

}  // namespace ferrotunnel::cli::importing
