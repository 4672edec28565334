#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "login/port_policy.hpp"
#include "login/token.hpp"
#include "login/weak_token_policy.hpp"
#include "runtime/address.hpp"
#include "settings/access_log.hpp"
#include "settings/backend.hpp"
#include "settings/client_proxy.hpp"
#include "settings/group.hpp"
#include "settings/guarded_services.hpp"
#include "settings/health.hpp"
#include "settings/places.hpp"
#include "settings/plugin_scope.hpp"
#include "settings/plugins.hpp"
#include "settings/rights.hpp"
#include "settings/service_name.hpp"
#include "settings/service_plugins.hpp"
#include "settings/service_rules.hpp"
#include "settings/settings.hpp"
#include "settings/traces.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel::detail {
namespace {

using login::TokenStrength;
using login::WeakTokenPolicy;

void check_readable(const char* key, const std::string& path, std::vector<Problem>& problems) {
    if (::access(path.c_str(), R_OK) != 0) {
        problems.push_back(
            {key, "can not read the file " + in_quotes(path) + ": " + std::generic_category().message(errno)});
    }
}

void check_timing(const Timing& timing, std::vector<Problem>& problems) {
    check_bounds(timing_place, timing_settings, timing, problems);
    check_bounds(timing_place, reconnect_settings, timing, problems);
    if (timing.dead_interval < 3 * timing.ping_interval) {
        problems.push_back({"timing.dead_interval", "must be at least three times the interval of pings"});
    }
    if (timing.reconnect_max > timing.reconnect_max.zero() && timing.reconnect_max < timing.reconnect_first) {
        problems.push_back({"timing.reconnect_max", "must not be below reconnect_first"});
    }
}

void check_common(const CommonValues& settings, const Attached& attached, std::vector<Problem>& problems) {
    if (attached.run_on != nullptr && settings.workers != 0) {
        problems.push_back({"workers", "can not be combined with run_on, where the io_context's thread does the work"});
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
         {std::pair{"dashboard_token_file", &settings.dashboard_token_file},
          std::pair{"dashboard_tls", &settings.dashboard_chain}, std::pair{"dashboard_tls", &settings.dashboard_key}}) {
        if (!file->empty()) {
            check_readable(key, *file, problems);
        }
    }
    check_timing(settings.timing, problems);
}

// The token's strength, or nothing and a problem that does not repeat the token.
std::optional<TokenStrength> check_token(const Secret& secret, const std::string& key, std::vector<Problem>& problems) {
    auto token = login::parse_token(secret.reveal());
    if (!token) {
        problems.push_back({key, token.error()});
        return std::nullopt;
    }
    return token->strength;
}

WeakTokenPolicy policy_of(const CommonValues& settings) {
    return settings.allow_weak_token ? WeakTokenPolicy::allowed : WeakTokenPolicy::loopback_only;
}

// Whether the text has 32 bytes in hexadecimal, or in base64 as the server prints them.
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
        problems.push_back({"tls_pin", "expected \"sha256:\" and what the server prints after it at start"});
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
        problems.push_back({"bind", in_quotes(settings.bind) +
                                        " is no address to listen on; expected one like 0.0.0.0:7835 or [::]:7835"});
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
        problems.push_back({"tcp_bind", in_quotes(address) + " is no IP address; expected one like 0.0.0.0 or ::"});
    }
}

// This host is only shown in addresses: a name or an IP address, whether it exists or not.
void check_public_host(const std::string& host, std::vector<Problem>& problems) {
    constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (host.find_first_not_of(of_names) != std::string::npos && !runtime::SocketAddress::from_ip(host, 0)) {
        problems.push_back({"public_host", in_quotes(host) +
                                               " is no host; expected a name or an IP address alone, like "
                                               "tunnel.example.com"});
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
        problems.push_back({"http_bind", in_quotes(settings.http_bind) +
                                             " is no address to listen on; expected one like 0.0.0.0:8080"});
    } else {
        settings.http_bind = net::to_text(*place);
    }
    if (!settings.domain.empty()) {
        const std::string domain = directory::read_domain(settings.domain);
        if (domain.empty()) {
            problems.push_back({"domain", in_quotes(settings.domain) +
                                              " is no name that hosts can be assigned below; expected one like "
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
        problems.push_back({"connect_bind", in_quotes(settings.connect_bind) +
                                                " is no address to listen on; expected one like 127.0.0.1:3128"});
    } else {
        settings.connect_bind = at.text();
    }
}

// What is wrong with "service", "service.client" or either with "@token" behind it. Without a token that would be
// anybody's service who calls one so.
std::optional<std::string> named_service_fault(const std::string& place, const std::vector<NamedToken>& tokens) {
    const std::size_t at = place.rfind('@');
    if (at == std::string::npos) {
        return tokens.size() < 2 ? std::nullopt
                                 : std::optional(in_quotes(place) +
                                                 " does not say whose service that is, and there are several tokens; "
                                                 "expected one like " +
                                                 place + "@TOKEN");
    }
    if (at == 0 || at + 1 == place.size()) {
        return in_quotes(place) + " is no service; expected one like ssh.laptop@TOKEN";
    }
    const std::string token = place.substr(at + 1);
    const bool is_known = std::ranges::any_of(tokens, [&](const NamedToken& one) { return one.name == token; });
    return is_known ? std::nullopt : std::optional("there is no token called " + in_quotes(token));
}

// A port that several protocols share, and who else comes to it.
void check_sharing(const ServerSettings& settings, std::vector<Problem>& problems) {
    const bool with_clients =
        is_shared(settings.bind, settings.http_bind) || is_shared(settings.bind, settings.https_bind);
    if (with_clients && !settings.tls) {
        problems.push_back({"bind",
                            "can not be the address of visitors too while TLS is off: it is by TLS that "
                            "clients are told from them"});
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
                         "has a meaning only where two of bind, http_bind and https_bind are the same address");
        if (fault) {
            problems.push_back({key, *fault});
        }
    }
}

// Clears addresses that are off: from here on they are empty.
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

// The one, and the other if there is one.
std::vector<const Secret*> secrets_of(const NamedToken& token) {
    std::vector<const Secret*> secrets{&token.secret};
    if (!token.also.empty()) {
        secrets.push_back(&token.also);
    }
    return secrets;
}

void check_server_tokens(ServerSettings& settings, std::vector<Problem>& problems) {
    if (settings.tokens.empty()) {
        problems.push_back({"token", "missing: nobody could log in. `ferrotunnel token` makes one"});
    }
    const auto place = net::parse_host_port(settings.bind, default_control_port);
    std::set<std::string_view> names;
    std::set<std::string_view> texts;
    for (std::size_t i = 0; i < settings.tokens.size(); ++i) {
        NamedToken& token = settings.tokens[i];
        if (token.name.empty()) {
            token.name = "token-" + std::to_string(i + 1);
        }
        if (!names.insert(token.name).second) {
            problems.push_back({"token", "two tokens have the name " + in_quotes(token.name)});
        }
        for (const Secret* secret : secrets_of(token)) {
            if (!texts.insert(secret->reveal()).second) {
                problems.push_back({"token", "the token " + in_quotes(token.name) + " is there twice"});
            }
            auto strength = check_token(*secret, "token", problems);
            if (strength && place) {
                if (auto refusal = login::refusal_to_listen(policy_of(settings), *strength, place->host)) {
                    problems.push_back({"token", *refusal});
                }
            }
        }
        check_rights(token, problems);
    }
}

std::string exposed_warning(const std::string& name) {
    return "the file of the token" + name + " can be read by other users of this machine";
}

}  // namespace

void check_settings(ClientSettings& settings, std::vector<Problem>& problems) {
    check_common(settings, settings, problems);
    auto place = net::parse_host_port(settings.server, default_control_port);
    if (settings.server.empty()) {
        problems.push_back({"server", "missing: the server's address, like tunnel.example.com:7835"});
    } else if (!place || place->host.empty() || place->port == 0) {
        problems.push_back({"server", in_quotes(settings.server) + " is no address; expected host:port"});
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
    check_places(settings, problems);
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

namespace {

void check_name(const std::string& name, std::vector<Problem>& problems) {
    if (!is_name(name)) {
        problems.push_back({"name", in_quotes(name) + ": " + name_expected});
    }
}

// Checks the backend of a service of any kind.
template <typename Service>
void check_backend_of(Service& service, bool application_serves, const char* example, std::vector<Problem>& problems) {
    const BackendWords words = backend_words(service);
    if (application_serves) {
        check_no_backend(words, problems);
    } else {
        check_backend(words, example, problems);
    }
}

}  // namespace

void check_eject(const Group::Eject& eject, const std::string& service, std::vector<Problem>& problems) {
    const auto wrong = [&](const char* key, const std::string& text) {
        problems.push_back({service, std::string("`eject.") + key + "` " + text});
    };
    if (eject.failures > wire::eject_failures_max) {
        wrong("failures", "must be up to " + std::to_string(wire::eject_failures_max));
    }
    for (const auto& [key, time] : {std::pair("first", eject.first), std::pair("longest", eject.longest)}) {
        if (time.count() < wire::eject_ms_min || time.count() > wire::eject_ms_max) {
            wrong(key, "must be from 100ms to 1h");
        }
    }
    if (eject.longest < eject.first) {
        wrong("longest", "is shorter than `first`");
    }
    if (eject.share < 1 || eject.share > 100) {
        wrong("share", "must be from 1 to 100");
    }
}

// What is wrong with the group of a service.
void check_group(const Group& group, const std::string& service, wire::ServiceKind kind, bool has_plugins,
                 bool is_private, std::vector<Problem>& problems) {
    if (group.name.empty()) {
        if (group != Group{}) {
            problems.push_back(
                {service,
                 "has `balance`, `weight`, `standby`, `sticky` or `eject`, and no `group` that they could be "
                 "for"});
        }
        return;
    }
    std::vector<Problem> wrong;
    check_name(group.name, wrong);
    if (!wrong.empty()) {
        problems.push_back({service, "`group` " + wrong.front().text});
    }
    if (group.weight < 1 || group.weight > wire::group_weight_max) {
        problems.push_back({service, "`weight` must be from 1 to " + std::to_string(wire::group_weight_max)});
    }
    if (group.sticky == Group::Sticky::cookie && kind != wire::ServiceKind::http) {
        problems.push_back({service, "`sticky: cookie` is for `http`; `address` is for all"});
    }
    check_eject(group.eject, service, problems);
    if (is_private) {
        problems.push_back({service, "is private and has a `group`: clients visit the service of one client"});
    }
    if (has_plugins) {
        problems.push_back({service, "has a `group` and `plugins`: each member would have plugins of its own"});
    }
}

// An IP address of the server's, brought into one form; empty: the server's choice.
void check_service_bind(const std::string& name, std::string& bind, std::vector<Problem>& problems) {
    if (bind.empty()) {
        return;
    }
    if (auto ip = ip_address_of(bind)) {
        bind = std::move(*ip);
    } else {
        problems.push_back({name, "`bind` " + in_quotes(bind) + " is no IP address of the server, like 127.0.0.1"});
    }
}

void check_service(Tcp& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.is_private && service.remote_port != 0) {
        problems.push_back({service.name, "is private and has a public port; it can be one of the two"});
    }
    if (service.name.empty()) {
        service.name = default_name(service);
    } else {
        check_name(service.name, problems);
    }
    check_service_bind(service.name, service.bind, problems);
    if (service.is_private && !service.bind.empty()) {
        problems.push_back({service.name, "is private and has `bind`: there is no port that could listen"});
    }
    if (!service.key.empty() && !service.is_private) {
        problems.push_back({service.name,
                            "has a `key`, which is for private services: visitors of a public port do not "
                            "know it"});
    }
    if (!service.key.empty() && application_serves) {
        problems.push_back({service.name, "has a `key`, and no backend that visits could be connected to"});
    }
    if (!service.key.empty() && service.local.starts_with("tls://")) {
        problems.push_back({service.name, "has a `key`: its backend can not speak TLS (tls://)"});
    }
    if (service.is_private && !service.plugins.empty()) {
        problems.push_back({service.name, "is private and has `plugins`: there are no visitors to look at"});
    }
    (void)plugins_part(service.plugins, service.name, problems);
    check_group(service.group, service.name, wire::ServiceKind::tcp, !service.plugins.empty(), service.is_private,
                problems);
    check_backend_of(service, application_serves, "127.0.0.1:22", problems);
    check_health(service, application_serves, problems);
}

void check_service(Http& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.name.empty()) {
        service.name = default_name(service);
    } else {
        check_name(service.name, problems);
    }
    directory::HttpDescription description;
    wire::HttpPart part = http_part(service);
    part.rules = {};  // checked below
    if (service.host.empty() && !service.aliases.empty()) {
        problems.push_back({service.name, "has `aliases` without `host`"});
    } else if (part.hosts.size() > limits::http_hosts_per_service_max) {
        problems.push_back({service.name, "has more than " + std::to_string(limits::http_hosts_per_service_max) +
                                              " hosts; make two services of it"});
    } else if (auto problem = directory::read_http_part(part, description)) {
        problems.push_back({service.name, std::move(*problem)});
    }
    if (service.path.size() > limits::http_path_text_max) {
        problems.push_back(
            {service.name, "has a path of more than " + std::to_string(limits::http_path_text_max) + " bytes"});
    }
    for (const Problem& problem : rule_problems(service, application_serves)) {
        problems.push_back({service.name, '`' + problem.key + "` " + problem.text});
    }
    (void)plugins_part(service.plugins, service.name, problems);
    check_group(service.group, service.name, wire::ServiceKind::http, !service.plugins.empty(), false, problems);
    if (application_serves || !service.rules.redirect || !service.local.empty()) {
        check_backend_of(service, application_serves, "127.0.0.1:3000", problems);
    }
    check_health(service, application_serves, problems);
}

void check_service(Tls& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.name.empty()) {
        service.name = default_name(service);
    } else {
        check_name(service.name, problems);
    }
    directory::HttpDescription description;
    const wire::TlsPart part = tls_part(service);
    if (service.host.empty()) {
        problems.push_back({service.name, "missing `host`: the name that visitors ask for, like app.example.com"});
    } else if (part.hosts.size() > limits::http_hosts_per_service_max) {
        problems.push_back({service.name, "has more than " + std::to_string(limits::http_hosts_per_service_max) +
                                              " hosts; make two services of it"});
    } else if (auto problem = directory::read_tls_part(part, description)) {
        problems.push_back({service.name, std::move(*problem)});
    }
    (void)plugins_part(service.plugins, service.name, problems);
    check_group(service.group, service.name, wire::ServiceKind::tls, !service.plugins.empty(), false, problems);
    check_backend_of(service, application_serves, "127.0.0.1:8443", problems);
    check_health(service, application_serves, problems);
}

void check_service(Udp& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.name.empty()) {
        service.name = default_name(service);
    } else {
        check_name(service.name, problems);
    }
    using std::chrono::milliseconds;
    if (service.idle < milliseconds(limits::udp_idle_ms_min) || service.idle > milliseconds(limits::udp_idle_ms_max)) {
        problems.push_back({service.name, "has an `idle` that is not from 1 s to 1 h"});
    }
    check_service_bind(service.name, service.bind, problems);
    const auto wrong = [&](const char* text) { problems.push_back({service.name, text}); };
    if (service.is_private && service.remote_port != 0) {
        wrong("is private and has a public port; it can be one of the two");
    }
    if (service.is_private && !service.bind.empty()) {
        wrong("is private and has `bind`: there is no port that could listen");
    }
    if (service.is_private && service.key.empty()) {
        wrong("is private and has no `key`: other clients visit it, and nobody else");
    }
    if (!service.key.empty() && !service.is_private) {
        wrong("has a `key`, which is for private services: visitors of a public port do not know it");
    }
    if (service.is_private && !service.plugins.empty()) {
        problems.push_back({service.name, "is private and has `plugins`: there are no visitors to look at"});
    }
    (void)plugins_part(service.plugins, service.name, problems);
    check_group(service.group, service.name, wire::ServiceKind::udp, !service.plugins.empty(), service.is_private,
                problems);
    if (service.is_private && application_serves) {
        wrong("is private: visits need a backend that they can be connected to");
    }
    if (service.proxy_protocol == ProxyProtocol::v1) {
        wrong("has `proxy_protocol` v1, which is for connections; datagrams can have v2");
    }
    if (service.proxy_each && service.proxy_protocol == ProxyProtocol::off) {
        wrong("has `proxy_each`, which has no meaning without `proxy_protocol`");
    }
    check_backend_of(service, application_serves, "127.0.0.1:53", problems);
}

wire::TlsPart tls_part(const Tls& service) {
    wire::TlsPart part;
    part.hosts.push_back(service.host);
    part.hosts.insert(part.hosts.end(), service.aliases.begin(), service.aliases.end());
    return part;
}

wire::HttpPart http_part(const Http& service) {
    wire::HttpPart part;
    if (!service.host.empty()) {
        part.hosts.push_back(service.host);
        part.hosts.insert(part.hosts.end(), service.aliases.begin(), service.aliases.end());
    }
    part.path = service.path;
    part.per_visitor = service.per_visitor || service.proxy_protocol != ProxyProtocol::off;
    part.rules = rules_part(service);
    part.limits = limits_part(service.limits);
    return part;
}

std::vector<std::string> warnings_for(const ClientSettings& settings) {
    std::vector<std::string> warnings;
    if (!settings.tls) {
        warnings.push_back("TLS is off: who sits between client and server can read and take over everything");
    }
    if (!settings.token.is_strong()) {
        warnings.push_back(login::weak_token_warning());
    }
    if (settings.token.exposed()) {
        warnings.push_back(exposed_warning(" " + in_quotes(settings.token.exposed_file())));
    }
    return warnings;
}

std::vector<std::string> warnings_for(const ServerSettings& settings) {
    std::vector<std::string> warnings;
    if (!settings.tls) {
        warnings.push_back("TLS is off: who sits between client and server can read and take over everything");
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
    for (std::string& warning : plugin_warnings(settings.plugins)) {
        warnings.push_back(std::move(warning));
    }
    return warnings;
}

}  // namespace ferrotunnel::detail
