#include "api/engine_service.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include "settings/backend.hpp"
#include "settings/health.hpp"
#include "settings/service_plugins.hpp"
#include "transport/sealed.hpp"

namespace ferrotunnel::detail {

namespace {

// Fills in what services of all kinds have. An application that serves needs no backend.
template <typename Description>
void complete(backend::ClientService& service, Description& description, bool application_serves,
              std::vector<Problem>& problems) {
    service.name = description.name;
    if (!description.token.empty()) {
        service.token = description.token.bytes();
    }
    if (!application_serves && problems.empty()) {
        service.backend = make_backend(backend_spec(description), problems);
    }
}

wire::GroupPart group_part(const Group& group) {
    wire::GroupPart part{group.name, group.balance, group.weight, group.standby};
    part.sticky = group.sticky;
    const Group::Eject& eject = group.eject;
    part.eject.failures = eject.failures;
    part.eject.first_ms = static_cast<std::uint32_t>(eject.first.count());
    part.eject.longest_ms = static_cast<std::uint32_t>(eject.longest.count());
    part.eject.share = eject.share;
    part.eject.counts = 0;
    for (const auto& [counts, kind] :
         {std::pair(eject.refused, wire::Eject::refused), std::pair(eject.resets, wire::Eject::resets),
          std::pair(eject.answers_5xx, wire::Eject::answers_5xx)}) {
        part.eject.counts |= std::uint32_t{kind} * (counts ? 1U : 0U);
    }
    part.eject.last_too = eject.last_too;
    return part;
}

// check_service has found their problems.
void add_plugins(backend::ClientService& service, const std::vector<ServicePlugin>& plugins) {
    std::vector<Problem> known;
    service.plugins = plugins_part(plugins, service.name, known);
}

// Fills in what services with health checks have, too.
template <typename Description>
void complete_checked(backend::ClientService& service, Description& description, bool application_serves,
                      std::vector<Problem>& problems) {
    add_plugins(service, description.plugins);
    service.group = group_part(description.group);
    service.health = health_check_settings(description);
    complete(service, description, application_serves, problems);
}

// The server receives whether the backends are checked, and what to do while none is healthy.
bool same_health_for_server(const backend::ClientService& a, const backend::ClientService& b) {
    const bool are_checked = a.health && b.health;
    return are_checked ? a.health->try_when_all_unhealthy == b.health->try_when_all_unhealthy : a.health == b.health;
}

}  // namespace

backend::ClientService engine_service(Tcp description, bool application_serves, std::vector<Problem>& problems) {
    check_service(description, application_serves, problems);
    backend::ClientService service;
    service.kind = description.is_private ? wire::ServiceKind::private_tcp : wire::ServiceKind::tcp;
    service.remote_port = description.remote_port;
    service.bind = description.bind;
    if (!description.key.empty()) {
        service.seal = std::make_shared<const transport::SealContext>(transport::SealContext::End::service,
                                                                      description.key.bytes(), description.name);
    }
    complete_checked(service, description, application_serves, problems);
    return service;
}

backend::ClientService engine_service(Http description, bool application_serves, std::vector<Problem>& problems) {
    check_service(description, application_serves, problems);
    backend::ClientService service;
    service.kind = wire::ServiceKind::http;
    service.http = http_part(description);
    complete_checked(service, description, application_serves, problems);
    return service;
}

backend::ClientService engine_service(Tls description, bool application_serves, std::vector<Problem>& problems) {
    check_service(description, application_serves, problems);
    backend::ClientService service;
    service.kind = wire::ServiceKind::tls;
    service.tls = tls_part(description);
    complete_checked(service, description, application_serves, problems);
    return service;
}

backend::ClientService engine_service(Udp description, bool application_serves, std::vector<Problem>& problems) {
    check_service(description, application_serves, problems);
    backend::ClientService service;
    service.kind = description.is_private ? wire::ServiceKind::private_tcp : wire::ServiceKind::udp;
    service.with = description.with_tcp;
    service.remote_port = description.with_tcp.empty() ? description.remote_port : std::uint16_t{0};
    service.bind = description.bind;
    service.udp_idle = description.idle;
    service.visited_by_datagrams = description.is_private;
    add_plugins(service, description.plugins);
    if (!description.key.empty()) {
        using transport::SealContext;
        service.seal = std::make_shared<const SealContext>(SealContext::End::service, description.key.bytes(),
                                                           description.name, SealContext::Carries::datagrams);
    }
    service.group = group_part(description.group);
    complete(service, description, application_serves, problems);
    return service;
}

bool same_for_server(const backend::ClientService& a, const backend::ClientService& b) {
    return a.kind == b.kind && a.remote_port == b.remote_port && a.http == b.http && a.tls == b.tls &&
           a.udp_idle == b.udp_idle && a.bind == b.bind && a.with == b.with && a.plugins == b.plugins &&
           a.token == b.token && a.group == b.group && same_health_for_server(a, b);
}

}  // namespace ferrotunnel::detail
