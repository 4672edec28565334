#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "backend/backend.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "login/port_policy.hpp"
#include "login/token.hpp"
#include "login/weak_token_policy.hpp"
#include "net/host_port.hpp"
#include "runtime/address.hpp"
#include "settings/access_log.hpp"
#include "settings/backend.hpp"
#include "settings/client_proxy.hpp"
#include "settings/dashboard_address.hpp"
#include "settings/guarded_services.hpp"
#include "settings/health.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/plugin_scope.hpp"
#include "settings/plugins.hpp"
#include "settings/rights.hpp"
#include "settings/rows.hpp"
#include "settings/service.hpp"
#include "settings/service_plugins.hpp"
#include "settings/service_rules.hpp"
#include "settings/settings.hpp"
#include "settings/traces.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel::detail {
namespace {

void check_readable(const char* key, const std::string& path, std::vector<Problem>& problems) {
    if (::access(path.c_str(), R_OK) != 0) {
        problems.push_back(
            {key, "cannot read the file " + in_quotes(path) + ": " + std::generic_category().message(errno)});
    }
}

void check_timing(const Timing& timing, std::vector<Problem>& problems) {
    check_bounds(timing_place, timing_settings, timing, problems);
    check_bounds(timing_place, reconnect_settings, timing, problems);
    if (timing.dead_interval < 3 * timing.ping_interval) {
        problems.push_back({"timing.dead_interval", "must be at least three times ping_interval"});
    }
    if (timing.reconnect_max > timing.reconnect_max.zero() && timing.reconnect_max < timing.reconnect_first) {
        problems.push_back({"timing.reconnect_max", "must not be below reconnect_first"});
    }
}

void check_common(const CommonValues& settings, const Attached& attached, std::vector<Problem>& problems) {
    if (attached.run_on != nullptr && settings.workers != 0) {
        problems.push_back({"workers", "cannot be combined with run_on, which uses the thread of the io_context"});
    }
    check_bounds({}, common_settings, settings, problems);
    const auto check_address = [&problems](const char* key, const std::string& text, auto fault_of) {
        if (const auto fault = text.empty() ? std::nullopt : fault_of(text)) {
            problems.push_back({key, *fault});
        }
    };
    check_address("metrics", settings.metrics, metrics_fault);
    check_address("dashboard", settings.dashboard, dashboard_fault);
    check_dashboard(settings, problems);
    if (settings.resume.count() != 0 && settings.resume < limits::resume_min) {
        problems.push_back({"resume", "must be 0 or at least 5s: a lost connection is noticed after a third of it"});
    }
    for (const auto& [key, file] :
         {std::pair{"dashboard_tls", &settings.dashboard_chain}, std::pair{"dashboard_tls", &settings.dashboard_key}}) {
        if (!file->empty()) {
            check_readable(key, *file, problems);
        }
    }
    check_timing(settings.timing, problems);
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

void check_server_tls(const ServerSettings& settings, std::vector<Problem>& problems) {
    if (settings.tls_chain.empty() && settings.tls_key.empty()) {
        return;
    }
    if (!settings.tls) {
        problems.push_back({"tls_certificate", "has no meaning while TLS is off"});
    } else if (settings.tls_chain.empty() || settings.tls_key.empty()) {
        problems.push_back({"tls_certificate", "needs both the certificate's file and the key's file"});
    } else {
        check_readable("tls_certificate", settings.tls_chain, problems);
        check_readable("tls_certificate", settings.tls_key, problems);
    }
}

void check_bind(ServerSettings& settings, std::vector<Problem>& problems) {
    auto place = net::parse_host_port(settings.bind, default_control_port);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    if (!place || !runtime::SocketAddress::from_ip(*place)) {
        problems.push_back(
            {"bind", net::quoted_address_fault(settings.bind,
                                               "is not a valid address to listen on; expected one like 0.0.0.0:7835 or "
                                               "[::]:7835")});
    } else {
        settings.bind = net::to_text(*place);
    }
}

void check_tcp_bind(ServerSettings& settings, std::vector<Problem>& problems) {
    std::string& address = settings.tcp_bind;
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    }
    if (address == "localhost") {
        address = "127.0.0.1";
    }
    if (address.empty() || !runtime::SocketAddress::from_ip(address, 0)) {
        problems.push_back(
            {"tcp_bind", public_bind_fault(address, "is not a valid IP address; expected one like 0.0.0.0 or ::")});
    }
}

// This host is only shown in addresses: any name or IP address, whether it exists or not.
void check_public_host(const std::string& host, std::vector<Problem>& problems) {
    constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (host.find_first_not_of(of_names) != std::string::npos && !runtime::SocketAddress::from_ip(host, 0)) {
        problems.push_back({"public_host", in_quotes(host) +
                                               " is not a valid host; expected a name or an IP address without a port, "
                                               "like tunnel.example.com"});
    }
}

void check_http(ServerSettings& settings, std::vector<Problem>& problems) {
    auto place = net::parse_host_port(settings.http_bind, default_http_port);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    if (settings.http_bind.empty()) {
        if (!settings.domain.empty() && settings.https_bind.empty()) {
            problems.push_back({"domain", "has no meaning without http_bind or https_bind"});
        }
    } else if (!place || !runtime::SocketAddress::from_ip(*place)) {
        problems.push_back({"http_bind", net::quoted_address_fault(
                                             settings.http_bind,
                                             "is not a valid address to listen on; expected one like 0.0.0.0:8080")});
    } else {
        settings.http_bind = net::to_text(*place);
    }
    if (!settings.domain.empty()) {
        const std::string domain = directory::read_domain(settings.domain);
        if (domain.empty()) {
            problems.push_back({"domain", in_quotes(settings.domain) +
                                              " is not a valid domain for assigned hosts; expected one like "
                                              "tunnel.example.com"});
        }
        settings.domain = domain;
    }
}

void check_connect(ServerSettings& settings, std::vector<Problem>& problems) {
    if (settings.connect_bind.empty()) {
        return;
    }
    const runtime::SocketAddress at = listening_address(settings.connect_bind, default_connect_port);
    if (at.empty()) {
        problems.push_back(
            {"connect_bind",
             net::quoted_address_fault(settings.connect_bind,
                                       "is not a valid address to listen on; expected one like 127.0.0.1:3128")});
    } else {
        settings.connect_bind = at.text();
    }
}

// The problem of "service" or "service.client", optionally followed by "@token". With several tokens it is required,
// since otherwise a client of any token could offer a service of that name.
std::optional<std::string> named_service_fault(const std::string& place, const std::vector<NamedToken>& tokens) {
    const std::size_t at = place.rfind('@');
    if (at == std::string::npos) {
        return tokens.size() < 2 ? std::nullopt
                                 : std::optional(in_quotes(place) +
                                                 " does not name a token, and there are several; expected one like " +
                                                 place + "@TOKEN");
    }
    if (at == 0 || at + 1 == place.size()) {
        return in_quotes(place) + " is not a service; expected one like ssh.laptop@TOKEN";
    }
    const std::string token = place.substr(at + 1);
    const bool is_known = std::ranges::any_of(tokens, [&](const NamedToken& one) { return one.name == token; });
    return is_known ? std::nullopt : std::optional("there is no token called " + in_quotes(token));
}

// Checks a port that several protocols share.
void check_sharing(const ServerSettings& settings, std::vector<Problem>& problems) {
    const bool with_clients =
        is_shared(settings.bind, settings.http_bind) || is_shared(settings.bind, settings.https_bind);
    if (with_clients && !settings.tls) {
        problems.push_back(
            {"bind", "cannot be shared with visitors while TLS is off: clients are recognized by their TLS"});
    }
    const bool shares = with_clients || is_shared(settings.http_bind, settings.https_bind);
    const std::pair<const char*, const std::string&> named[] = {{"ssh_service", settings.ssh_service},
                                                                {"silent_service", settings.silent_service}};
    for (const auto& [key, place] : named) {
        if (place.empty()) {
            continue;
        }
        const std::optional<std::string> fault =
            shares ? named_service_fault(place, settings.tokens)
                   : std::optional<std::string>(
                         "has a meaning only if two of bind, http_bind and https_bind are the same address");
        if (fault) {
            problems.push_back({key, *fault});
        }
    }
}

// Clears addresses that are off; after this, empty means off.
void leave_out_what_is_off(ServerSettings& settings) {
    if (settings.http_bind == bind_off) {
        settings.http_bind.clear();
    }
    if (settings.https_bind == bind_off) {
        settings.https_bind.clear();
    }
    if (settings.connect_bind == bind_off) {
        settings.connect_bind.clear();
    }
}

std::string exposed_warning(const std::string& name) {
    return "the file of the token" + name + " can be read by other users of this machine";
}

void warn_of_dashboard(const CommonValues& settings, std::vector<std::string>& warnings) {
    if (const std::string file = exposed_dashboard_file(settings); !file.empty()) {
        warnings.push_back("the file of the dashboard's secret " + in_quotes(file) +
                           " can be read by other users of this machine");
    }
}

}  // namespace

void check_settings(ClientSettings& settings, std::vector<Problem>& problems) {
    check_common(settings, settings, problems);
    auto place = net::parse_host_port(settings.server, default_control_port);
    if (settings.server.empty()) {
        problems.push_back({"server", "missing: the server's address, like tunnel.example.com:7835"});
    } else if (!place || place->host.empty() || place->port == 0) {
        problems.push_back(
            {"server", net::quoted_address_fault(settings.server, "is not a valid address; expected host:port")});
    } else {
        settings.server = net::to_text(*place);
    }
    if (settings.token.empty()) {
        problems.push_back({"token", "missing: the token that the server was started with"});
    } else if (auto strength = check_token(settings.token, "token", problems); strength && place) {
        if (auto refusal = login::refusal_to_dial(policy_of(settings), *strength, place->host)) {
            problems.push_back({"token", *refusal});
        }
    }
    if (!settings.name.empty() && !is_name(settings.name)) {
        problems.push_back({"name", in_quotes(settings.name) + ": " + name_expected});
    }
    if (place) {
        if (const auto proxy = proxy_of(settings, *place); !proxy) {
            problems.push_back({"proxy", proxy.error()});
        }
    }
    check_mask(settings.inspect_mask, problems);
    if (auto fault = identity_fault(settings.identity)) {
        problems.push_back({"identity", std::move(*fault)});
    }
    check_visits(settings.visits, problems);
    check_client_tls(settings, problems);
    check_bounds({}, client_settings, settings, problems);
}

void check_settings(ServerSettings& settings, std::vector<Problem>& problems) {
    leave_out_what_is_off(settings);
    check_common(settings, settings, problems);
    check_bind(settings, problems);
    check_tcp_bind(settings, problems);
    check_public_host(settings.public_host, problems);
    check_http(settings, problems);
    check_connect(settings, problems);
    check_http_settings(settings.http, problems);
    check_https(settings, problems);
    check_listen_addresses(settings, problems);
    check_server_tokens(settings, problems);
    check_sharing(settings, problems);
    check_server_tls(settings, problems);
    check_access_log(settings, problems);
    check_traces(settings.traces, problems);
    if (settings.allow_ports) {
        if (auto policy = login::PortPolicy::parse(*settings.allow_ports); !policy) {
            problems.push_back({"allow_ports", policy.error()});
        }
    }
    check_bounds({}, server_settings, settings, problems);
    check_bounds(plugins_place, plugin_limit_settings, settings.plugin_limits, problems);
    (void)prepare_plugins(settings.plugins, problems);
    check_guarded_services(settings.guarded_services, problems);
    check_client_plugins(settings.client_plugins, settings.plugins.size(), problems);
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

std::vector<std::string> warnings_for(const ServerSettings& settings) {
    std::vector<std::string> warnings;
    if (!settings.tls) {
        warnings.push_back(
            "TLS is off: anyone on the path between client and server can read and modify "
            "all traffic");
    }
    for (const NamedToken& token : settings.tokens) {
        for (const Secret* secret : secrets_of(token)) {
            if (!secret->is_strong()) {
                warnings.push_back(token.name + ": " + login::weak_token_warning());
            }
            if (secret->exposed()) {
                warnings.push_back(exposed_warning(' ' + in_quotes(token.name)));
            }
        }
    }
    warn_of_dashboard(settings, warnings);
    for (std::string& warning : plugin_warnings(settings.plugins)) {
        warnings.push_back(std::move(warning));
    }
    return warnings;
}

}  // namespace ferrotunnel::detail
