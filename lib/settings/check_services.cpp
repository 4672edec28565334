// Validation of services of each kind.
#include <algorithm>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "runtime/address.hpp"
#include "settings/backend.hpp"
#include "settings/health.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/rights.hpp"
#include "settings/rows.hpp"
#include "settings/service_name.hpp"
#include "settings/service_plugins.hpp"
#include "settings/service_rules.hpp"
#include "settings/settings.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel::detail {
namespace {

void check_name(const std::string& name, std::vector<Problem>& problems) {
    if (!is_name(name)) {
        problems.push_back({"name", in_quotes(name) + ": " + name_expected});
    }
}

// Checks the backend of a service of any kind.
template <typename Service>
void check_backend_of(Service& service, bool application_serves, const char* example, std::vector<Problem>& problems) {
    const BackendSpec words = backend_spec(service);
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

// Checks the group of a service.
void check_group(const Group& group, const std::string& service, wire::ServiceKind kind, bool has_plugins,
                 bool is_private, std::vector<Problem>& problems) {
    if (group.name.empty()) {
        if (group != Group{}) {
            problems.push_back({service, "has `balance`, `weight`, `standby`, `sticky` or `eject` without a `group`"});
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
        problems.push_back({service, "`sticky: cookie` is for `http` only; `address` is for all kinds"});
    }
    check_eject(group.eject, service, problems);
    if (is_private) {
        problems.push_back({service, "is private and has a `group`: clients visit the service of one client"});
    }
    if (has_plugins) {
        problems.push_back({service,
                            "has a `group` and `plugins`: each member would have plugins of its own; plugins for the "
                            "whole group are in the server's `server.plugins.chain`, with `hosts` or `services`"});
    }
}

// Checks an IP address of the server and brings it into normal form; empty: the server's choice.
void check_service_bind(const std::string& name, std::string& bind, std::vector<Problem>& problems) {
    if (bind.empty()) {
        return;
    }
    if (auto ip = ip_address_of(bind)) {
        bind = std::move(*ip);
    } else {
        problems.push_back(
            {name, "`bind` " + public_bind_fault(bind, "is not a valid IP address of the server, like 127.0.0.1")});
    }
}

void check_service(Tcp& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.is_private && service.remote_port != 0) {
        problems.push_back({service.name, "is private and has a public port; it can have only one of them"});
    }
    if (service.name.empty()) {
        service.name = default_name(service);
    } else {
        check_name(service.name, problems);
    }
    check_service_bind(service.name, service.bind, problems);
    if (service.is_private && !service.bind.empty()) {
        problems.push_back({service.name, "is private and has `bind`, which needs a public port; remove one of them"});
    }
    if (!service.key.empty() && !service.is_private) {
        problems.push_back(
            {service.name, "has a `key`, which only private services use; remove it, or make the service private"});
    }
    if (!service.key.empty() && application_serves) {
        problems.push_back({service.name, "has a `key` but no backend for its visits"});
    }
    if (!service.key.empty() && service.local.starts_with("tls://")) {
        problems.push_back({service.name, "has a `key`: its backend cannot speak TLS (tls://)"});
    }
    if (service.is_private && !service.plugins.empty()) {
        problems.push_back({service.name, "is private and has `plugins`, which only public services use; remove them"});
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
                                              " hosts; split it into two services"});
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
        problems.push_back({service.name, "missing `host`: the name that visitors request, like app.example.com"});
    } else if (part.hosts.size() > limits::http_hosts_per_service_max) {
        problems.push_back({service.name, "has more than " + std::to_string(limits::http_hosts_per_service_max) +
                                              " hosts; split it into two services"});
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
        wrong("is private and has a public port; it can have only one of them");
    }
    if (service.is_private && !service.bind.empty()) {
        wrong("is private and has `bind`, which needs a public port; remove one of them");
    }
    if (service.is_private && service.key.empty()) {
        wrong("is private and has no `key`, which other clients need to visit it");
    }
    if (!service.key.empty() && !service.is_private) {
        wrong("has a `key`, which only private services use; remove it, or make the service private");
    }
    if (service.is_private && !service.plugins.empty()) {
        problems.push_back({service.name, "is private and has `plugins`, which only public services use; remove them"});
    }
    (void)plugins_part(service.plugins, service.name, problems);
    check_group(service.group, service.name, wire::ServiceKind::udp, !service.plugins.empty(), service.is_private,
                problems);
    if (service.is_private && application_serves) {
        wrong("is private: its visits need a backend");
    }
    if (service.proxy_protocol == ProxyProtocol::v1) {
        wrong("has `proxy_protocol` v1, which is only for TCP; use v2 for datagrams");
    }
    if (service.proxy_each && service.proxy_protocol == ProxyProtocol::off) {
        wrong("has `proxy_each`, which has no meaning without `proxy_protocol`; set `proxy_protocol: v2` or remove it");
    }
    check_backend_of(service, application_serves, "127.0.0.1:53", problems);
}

}  // namespace ferrotunnel::detail
