#include "mapping.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "source.hpp"
#include "tokens.hpp"

namespace ferrotunnel::cli::importing {

using std::chrono::milliseconds;

std::optional<Address> split_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos && !is_ipv6_address(host)) {
        return std::nullopt;
    }
    unsigned number = 0;
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || stop != port.data() + port.size() || number < 1 || number > 65'535) {
        return std::nullopt;
    }
    return Address{std::string(host), std::to_string(number)};
}

bool is_ip_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> room{};
    return ::inet_pton(AF_INET, text.c_str(), room.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), room.data()) == 1;
}

bool is_ipv6_address(std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> room{};
    return ::inet_pton(AF_INET6, std::string(text.substr(0, text.find('%'))).c_str(), room.data()) == 1;
}

std::string in_brackets(std::string_view host) {
    return is_ipv6_address(host) ? fmt::format("[{}]", host) : std::string(host);
}

std::string with_port(std::string_view host, std::string_view port) {
    return fmt::format("{}:{}", in_brackets(host), port);
}

std::optional<std::string> address_of(std::string_view text) {
    const auto address = split_address(text);
    return address ? std::optional(with_port(address->host, address->port)) : std::nullopt;
}

std::string valid_name(std::string_view name) {
    constexpr std::size_t length_max = 64;
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    std::string valid(name.substr(0, length_max));
    std::ranges::replace_if(
        valid, [allowed](char c) { return allowed.find(c) == std::string_view::npos; }, '-');
    return valid;
}

std::optional<milliseconds> duration_of(std::string_view text) {
    struct Unit {
        std::string_view name;
        double in_milliseconds;
    };
    constexpr std::array units{Unit{"ms", 1}, Unit{"us", 0.001}, Unit{"s", 1'000}, Unit{"m", 60'000},
                               Unit{"h", 3'600'000}};
    double total = 0;
    if (text.empty()) {
        return std::nullopt;
    }
    while (!text.empty()) {
        double amount = 0;
        const auto [stop, error] =
            std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
        if (error != std::errc() || amount < 0) {
            return std::nullopt;
        }
        text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
        const auto unit = std::ranges::find_if(units, [text](const Unit& each) { return text.starts_with(each.name); });
        if (unit == units.end() && (!text.empty() || total != 0)) {
            return std::nullopt;
        }
        total += amount * (unit == units.end() ? 1'000 : unit->in_milliseconds);
        text.remove_prefix(unit == units.end() ? 0 : unit->name.size());
    }
    constexpr double longest = 1e12;
    return total <= longest ? std::optional(milliseconds(std::llround(total))) : std::nullopt;
}

std::string text_of(milliseconds time) {
    const auto count = time.count();
    return count % 1'000 == 0 ? std::to_string(count / 1'000) + "s" : std::to_string(count) + "ms";
}

std::optional<milliseconds> time_at(Draft& draft, Keys& keys, std::string_view path) {
    const Value* const value = keys.find(path);
    if (value == nullptr || value->kind == Value::Kind::null) {
        keys.ignore(path);
        return std::nullopt;
    }
    const auto time = duration_of(keys.text(path).value_or(""));
    if (!time) {
        keys.lose(draft, path, "the value is not a time, like 30s or 1m30s");
    }
    return time;
}

void add_login_to_fill_in(Draft& draft, const Origin& origin) {
    if (draft.client.find("server") == nullptr) {
        draft.client.set("server", "tunnel.example.com");
        draft.ask(origin, "write the address of your server in place of tunnel.example.com, in `client.server`");
    }
    if (draft.client.find("token") == nullptr) {
        draft.client.set("token", draft.token(Side::client, "token", "", origin));
        draft.ask(origin, token_to_copy);
    }
    draft.ask(origin, server_to_start);
}

void close_unguarded_service(Draft& draft, Node& service, const Origin& origin, std::string_view guard) {
    if (service.find("enabled") != nullptr) {
        return;
    }
    service.set("enabled", false, origin);
    draft.ask(origin, fmt::format("the service is off, since everybody could visit it without `{}`: protect it in "
                                  "another way, then remove `enabled: off`",
                                  guard));
}

void switch_off_service(Draft& draft, Node& service, const Origin& origin, std::string_view what) {
    if (service.find("enabled") == nullptr) {
        service.set("enabled", false, origin);
        draft.ask(origin, fmt::format("the service is off: write {}, then remove `enabled: off`", what));
    }
}

bool require_password(Draft& draft, Node& service, const Origin& origin, const std::string& key,
                      const std::string& credentials) {
    const std::size_t colon = credentials.find(':');
    const std::string user = credentials.substr(0, colon);
    const std::string password = colon == std::string::npos ? std::string() : credentials.substr(colon + 1);
    const bool is_complete = !user.empty() && !password.empty();
    const bool is_variable = password.find(env_reference("").substr(0, 3)) != std::string::npos;
    const auto hash = is_complete && !is_variable ? draft.hash_of(password, origin) : std::nullopt;
    if (!hash) {
        draft.lose(origin, key,
                   is_variable   ? "the password is in a variable, and only its hash can be in the file"
                   : is_complete ? "the password cannot be hashed"
                                 : "the value is not a name, a colon and a password",
                   "add the plugin `auth` to the service");
        return false;
    }
    Node& plugins = service.at("plugins");
    Node* auth = nullptr;
    for (Node& plugin : plugins.children()) {
        auth = plugin.find("auth") != nullptr ? &plugin : auth;
    }
    Node& users = (auth != nullptr ? *auth : plugins.add()).at("auth.users");
    users.put(user, *hash, origin);
    return true;
}

void filter_addresses(Node& service, const Networks& allow, const Networks& deny) {
    if (allow.items.empty() && deny.items.empty()) {
        return;
    }
    Node& filter = service.at("plugins").add().child("ip-filter");
    for (const auto& [key, networks] : {std::pair{"allow", &allow}, std::pair{"deny", &deny}}) {
        for (const std::string& network : networks->items) {
            filter.child(key).add(network, networks->origin);
        }
    }
}

void add_header_rule(Draft& draft, Node& service, std::string_view list, const Origin& origin, const std::string& key,
                     std::string_view name, const std::string& value) {
    if (value.find("${") != std::string::npos) {
        draft.lose(origin, key, "values of headers are texts, without expressions",
                   "use the plugin `headers` of the server, which fills in the visitor's address and notes");
        return;
    }
    Node& rules = service.at(list);
    if (rules.find_child(name) == nullptr) {
        rules.put(name, value, origin);
        return;
    }
    Node& field = rules.child(name);
    if (field.kind() == Node::Kind::list) {
        field.add(value);
        return;
    }
    const std::string first = field.scalar();
    rules.remove(name);
    Node& values = rules.child(name);
    values.add(first);
    values.add(value);
}

std::pair<std::string, std::string> split_header(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto trimmed = [](std::string_view part) {
        const std::size_t first = std::min(part.find_first_not_of(' '), part.size());
        return std::string(part.substr(first, part.find_last_not_of(' ') + 1 - first));
    };
    return {trimmed(text.substr(0, colon)), trimmed(text.substr(std::min(colon + 1, text.size())))};
}

void set_proxy(Draft& draft, Keys& keys, std::string_view key) {
    const auto url = keys.text(key);
    if (!url) {
        return;
    }
    if (url->find('@') == std::string::npos) {
        draft.set(Side::client, "proxy", *url, keys.origin(key));
        return;
    }
    draft.set(Side::client, "proxy", "env", keys.origin(key));
    keys.lose(draft, key, "the URL has a password, which is not copied into the file",
              "set the variable HTTPS_PROXY (or ALL_PROXY) to it for this client");
}

void lose_whole(Draft& draft, Keys& keys, std::string_view why, std::string_view instead) {
    for (const std::string& key : keys.names()) {
        keys.ignore(key);
    }
    draft.lose(keys.origin(), keys.full(""), why, instead);
}

void ask_about_relative_path(Draft& draft, const Origin& origin, std::string_view path) {
    if (!path.starts_with('/')) {
        draft.ask(origin,
                  fmt::format("{} is a relative path: here, it is relative to the folder of the new file", path));
    }
}

std::string joined(std::span<const std::string> texts) {
    std::string all;
    for (const std::string& text : texts) {
        all += (all.empty() ? "" : ", ") + text;
    }
    return all;
}

}  // namespace ferrotunnel::cli::importing
