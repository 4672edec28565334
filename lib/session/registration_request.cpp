#include "session/registration_request.hpp"

#include <chrono>

#include "login/proof.hpp"

namespace ferrotunnel::session {

namespace {

// The group as a server with these features reads it: an older one distributes visitors all the same.
wire::GroupPart group_as_known(wire::GroupPart group, std::uint64_t features) {
    if ((features & wire::feature::group_terms) == 0) {
        group.sticky = wire::Sticky::off;
        group.eject = {};
    }
    return group;
}

// Null if the server supports everything that the service needs.
const char* missing_feature(const backend::ClientService& service, std::uint64_t features) {
    if (!service.group.name.empty() && (features & wire::feature::groups) == 0) {
        return "The server does not support groups: its version is older than this client's. Update the server.";
    }
    if (service.kind == wire::ServiceKind::udp && (features & wire::feature::udp) == 0) {
        return "The server does not support UDP: its version is older than this client's. Update the server.";
    }
    // An older server would omit the plugins that guard the service.
    if (!service.plugins.empty() && (features & wire::feature::plugins) == 0) {
        return "The server cannot run the plugins that the service requests (passwords, addresses, rates): "
               "its version is older than this client's. Update the server.";
    }
    if (service.token && (features & wire::feature::service_tokens) == 0) {
        return "The server does not support service tokens: its version is older than this client's. "
               "Update the server.";
    }
    return nullptr;
}

}  // namespace

Result<wire::Service, const char*> registration_of(const OfferedService& offered, const TrunkState& trunk) {
    const backend::ClientService& of = *offered.service;
    if (const char* const why = missing_feature(of, trunk.features)) {
        return why;
    }
    wire::Service service;
    if (of.token) {
        service.proof = login::make_service_proof(login::Key(*of.token), trunk.login_proof, of.name);
    }
    service.id = of.id;
    service.kind = of.kind;
    service.name = of.name;
    service.remote_port = of.remote_port;
    service.bind = of.bind;
    service.http = of.http;
    service.tls = of.tls;
    service.plugins = of.plugins;
    service.group = group_as_known(of.group, trunk.features);
    if (offered.reports_health(trunk)) {
        service.health = {offered.healthy, of.health->try_when_all_unhealthy};
    }
    if (service.kind == wire::ServiceKind::udp) {
        service.udp.idle_ms =
            static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(of.udp_idle).count());
    }
    // What the server had assigned is requested again, so that visitors find the service at the same place.
    if (of.is_assigned()) {
        service.remote_port = offered.assigned_port;
        if (!offered.assigned_host.empty()) {
            service.http.hosts = {offered.assigned_host};
        }
    }
    return service;
}

}  // namespace ferrotunnel::session
