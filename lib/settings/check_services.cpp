// Validation of services of each kind.
#include <algorithm>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "runtime/address.hpp"
#include "settings/backend.hpp"
#include "settings/group.hpp"
#include "settings/health.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/rights.hpp"
#include "settings/service_name.hpp"
#include "settings/service_plugins.hpp"
#include "settings/service_rules.hpp"
#include "settings/settings.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel::detail {
namespace {

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
