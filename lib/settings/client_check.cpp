// Check of a client's settings, and its proxy.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "http/characters.hpp"
#include "inspect/secrets.hpp"
#include "login/token.hpp"
#include "login/weak_token_policy.hpp"
#include "net/host_port.hpp"
#include "runtime/address.hpp"
#include "settings/client.hpp"
#include "settings/common.hpp"
#include "settings/dashboard.hpp"
#include "settings/rights.hpp"
#include "settings/rows.hpp"
#include "settings/service.hpp"
#include "settings/settings.hpp"
#include "settings/visits.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {
namespace {

using Found = Result<std::optional<net::Proxy>, std::string>;

struct Variable {
    const char* name = nullptr;
    std::string text;
};

// The first of these variables that is set and not empty.
template <std::size_t count>
Variable first_of(const std::array<const char*, count>& names) {
    for (const char* name : names) {
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
            return {name, value};
        }
    }
    return {};
}

// Whether the server is this machine, judging by its name.
bool is_this_machine(const std::string& host) {
    const auto address = runtime::SocketAddress::from_ip(host, 0);
    return net::is_localhost(host) || (address && address->is_loopback());
}

// Whether the text is a pin: 32 bytes in hexadecimal, or in base64 as the server prints them.
bool is_pin(std::string_view text) {
    constexpr std::string_view prefix = "sha256:";
    constexpr std::string_view hex = "0123456789abcdefABCDEF";
    constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (!text.starts_with(prefix)) {
        return false;
    }
    const std::string_view value = text.substr(prefix.size());
    if (value.size() == 64) {
        return value.find_first_not_of(hex) == std::string_view::npos;
    }
    return (value.size() == 43 || (value.size() == 44 && value.back() == '=')) &&
           value.substr(0, 43).find_first_not_of(base64) == std::string_view::npos;
}

void check_client_tls(const ClientSettings& settings, std::vector<Problem>& problems) {
    if (!settings.tls && !settings.tls_trust.empty()) {
        problems.push_back({"tls_trust", "has no meaning while TLS is off"});
    } else if (!settings.tls_trust.empty() && (!settings.tls_ca.empty() || !settings.tls_pin.empty())) {
        problems.push_back({"tls_trust", "replaces `tls_ca` and `tls_pin`: set either it or these"});
    }
    if (!settings.tls && !settings.tls_ca.empty()) {
        problems.push_back({"tls_ca", "has no meaning while TLS is off"});
    } else if (!settings.tls_ca.empty() && settings.tls_ca != "system") {
        check_readable("tls_ca", settings.tls_ca, problems);
    }
    if (!settings.tls && !settings.tls_pin.empty()) {
        problems.push_back({"tls_pin", "has no meaning while TLS is off"});
    } else if (!settings.tls_pin.empty() && !is_pin(settings.tls_pin)) {
        problems.push_back({"tls_pin", "expected \"sha256:\" and the value that the server prints at start"});
    }
}

// Appends the problems, and gives each valid address its port. Returns the valid ones.
std::vector<net::HostPort> check_servers(ClientSettings& settings, std::vector<Problem>& problems) {
    std::vector<net::HostPort> servers;
    settings.servers = listed_servers(settings.servers);
    if (settings.servers.empty()) {
        problems.push_back({"server", "missing: the server's address, like tunnel.example.com:7835"});
    }
    if (settings.servers.size() > servers_max) {
        problems.push_back({"server", "has " + std::to_string(settings.servers.size()) +
                                          " addresses; expected at most " + std::to_string(servers_max)});
        return servers;
    }
    for (std::string& text : settings.servers) {
        const auto place = net::parse_host_port(text, default_control_port);
        if (!place || place->host.empty() || place->port == 0) {
            problems.push_back(
                {"server", net::quoted_address_fault(text, "is not a valid address; expected host:port")});
            continue;
        }
        text = net::to_text(*place);
        if (std::ranges::find(servers, *place) != servers.end()) {
            problems.push_back({"server", in_quotes(text) + " is in the list twice; expected each server once"});
            continue;
        }
        servers.push_back(*place);
    }
    return servers;
}

// Written by a program, perhaps of another version: what is not valid is left out.
void check_known_servers(std::vector<std::string>& known) {
    std::vector<std::string> valid;
    for (const std::string& text : known) {
        const auto place = net::parse_host_port(text, default_control_port);
        if (place && !place->host.empty() && place->port != 0 && valid.size() < servers_max) {
            valid.push_back(net::to_text(*place));
        }
    }
    known = std::move(valid);
}

}  // namespace

std::vector<std::string> listed_servers(const std::vector<std::string>& items) {
    std::vector<std::string> servers;
    for (const std::string& item : items) {
        std::string_view rest = item;
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            if (const std::string_view one = http::trimmed(rest.substr(0, comma)); !one.empty()) {
                servers.emplace_back(one);
            }
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return servers;
}

ProxyChoice::ProxyChoice(const ClientValues& settings) : url_(settings.proxy) {
    if (settings.proxy != proxy_by_environment) {
        return;
    }
    Variable url = first_of<4>({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    url_ = url.name == nullptr ? std::string(no_proxy) : std::move(url.text);
    variable_ = url.name == nullptr ? "" : url.name;
    exempt_ = first_of<2>({"no_proxy", "NO_PROXY"}).text;
}

Found ProxyChoice::for_server(const net::HostPort& server) const {
    const bool is_exempt = !variable_.empty() && (is_this_machine(server.host) || net::is_in_no_proxy(exempt_, server));
    if (is_exempt || url_ == no_proxy) {
        return std::optional<net::Proxy>();
    }
    auto proxy = net::parse_proxy(url_);
    if (proxy) {
        return Found(std::optional(std::move(*proxy)));
    }
    return variable_.empty()
               ? Found(proxy.error())
               : Found(variable_ + " in the environment " + proxy.error() + "; `off` ignores the environment");
}

Found proxy_of(const ClientValues& settings, const net::HostPort& server) {
    return ProxyChoice(settings).for_server(server);
}

std::optional<std::string> identity_fault(const std::string& text) {
    if (text.size() > wire::identity_text_max) {
        return "is too long: at most 64 bytes";
    }
    return is_printable(text) ? std::nullopt : std::optional<std::string>("has characters that are not printable");
}

std::optional<std::string> mask_fault(const std::string& word) {
    if (inspect::plain_name(word).empty()) {
        return in_quotes(word) + " has no letter and no digit";
    }
    if (word.size() > limits::inspect_name_bytes_max) {
        return in_quotes(word) + " is too long: a word has at most 64 bytes";
    }
    return std::nullopt;
}

void check_mask(const std::vector<std::string>& words, std::vector<Problem>& problems) {
    if (words.size() > limits::inspect_names_max) {
        problems.push_back({"inspect_mask", "has too many words: at most 64"});
    }
    for (const std::string& word : words) {
        if (auto fault = mask_fault(word)) {
            problems.push_back({"inspect_mask", std::move(*fault)});
        }
        if (word == mask_off && words.size() > 1) {
            problems.push_back({"inspect_mask", "`off` masks nothing, and must be the only word"});
        }
    }
}

// Targets are addresses, because the address of a name may be changed by others.
std::optional<std::string> managed_target_fault(const std::string& item) {
    static constexpr std::string_view first = "[0123456789";
    static constexpr const char* expected =
        " is not a valid address or network with ports; expected one like 127.0.0.1:3000-3999";
    if (item.empty() || first.find(item.front()) == std::string_view::npos) {
        return expected;
    }
    return exits::Destinations::parse(std::span(&item, 1)) ? std::nullopt : std::optional<std::string>(expected);
}

exits::Destinations managed_targets(const std::vector<std::string>& items) {
    return exits::Destinations::parse(items).value();
}

void check_settings(ClientSettings& settings, std::vector<Problem>& problems) {
    check_common(settings, settings, problems);
    const std::vector<net::HostPort> servers = check_servers(settings, problems);
    check_known_servers(settings.known_servers);
    if (settings.token.empty()) {
        problems.push_back({"token", "missing: the token that the server was started with"});
    } else if (auto strength = check_token(settings.token, "token", problems)) {
        for (const net::HostPort& server : servers) {
            if (auto refusal = login::refusal_to_dial(policy_of(settings), *strength, server.host)) {
                problems.push_back({"token", *refusal});
                break;
            }
        }
    }
    if (!settings.name.empty() && !is_name(settings.name)) {
        problems.push_back({"name", in_quotes(settings.name) + ": " + name_expected});
    }
    if (const auto fault = wire::fault_of(settings.metadata)) {
        problems.push_back({"metadata", fault->text});
    }
    for (const net::HostPort& server : servers) {
        if (const auto proxy = proxy_of(settings, server); !proxy) {
            problems.push_back({"proxy", proxy.error()});
            break;
        }
    }
    check_mask(settings.inspect_mask, problems);
    if (auto fault = identity_fault(settings.identity)) {
        problems.push_back({"identity", std::move(*fault)});
    }
    check_visits(settings.visits, problems);
    check_client_tls(settings, problems);
    check_bounds({}, client_settings(), settings, problems);
}

std::vector<std::string> warnings_for(const ClientSettings& settings) {
    std::vector<std::string> warnings;
    if (!settings.tls) {
        warnings.push_back(
            "TLS is off: anyone on the path between client and server can read and modify "
            "all traffic");
    }
    if (!settings.token.is_strong()) {
        warnings.push_back(login::weak_token_warning());
    }
    if (settings.token.exposed()) {
        warnings.push_back(exposed_warning(" " + in_quotes(settings.token.exposed_file())));
    }
    warn_of_dashboard(settings, warnings);
    return warnings;
}

}  // namespace ferrotunnel::detail
