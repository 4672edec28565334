#include "session/cluster_grants.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/fnv.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::session {

namespace {

directory::ClusterClaims::Readiness readiness_of(const SessionService& service) noexcept {
    using Readiness = directory::ClusterClaims::Readiness;
    if (service.cluster->retired) {
        return Readiness::draining;
    }
    if (!service.health.healthy || service.health.waits) {
        return Readiness::unhealthy;
    }
    return service.membership && service.membership->standby ? Readiness::standby : Readiness::ready;
}

// All members of a group have the same names, too.
std::uint64_t with_names(std::uint64_t terms, const std::vector<directory::ClaimName>& names) noexcept {
    for (const directory::ClaimName& name : names) {
        for (const std::string* part : {&name.host, &name.path}) {
            terms = fnv1a(as_bytes({part->c_str(), part->size() + 1}), terms);  // with the zero behind it
        }
    }
    return terms;
}

// The clients of one token share a private service's name, so it has one owner, which is none of them.
directory::ClientId owner_of_private(const directory::ClientId& client) noexcept {
    return {client.first, {}};
}

}  // namespace

void report_readiness(SessionService& service) {
    if (service.cluster && service.row) {  // a service that is published
        for (const ClusterGrant::Part& part : service.cluster->parts) {
            part.use->set_readiness(readiness_of(service));
        }
    }
}

void reserve_names(const SessionContext& at, SessionService& service, Duration ports) {
    if (!service.cluster) {
        return;
    }
    const auto rules = at.shared->registry->rules();
    const login::TokenId& token = at.facts.client.first;
    for (const ClusterGrant::Part& part : service.cluster->parts) {
        const std::vector<directory::ClaimName> names = part.use->names();
        Duration time = names.empty() || !rules->has_token(token) ? Duration::zero() : Duration::max();
        for (const directory::ClaimName& name : names) {
            const bool is_lost = !name.is_port() && rules->refuse_host(token, name.host);
            const Duration its = name.is_port() ? ports : Duration(limits::http_host_known_for);
            time = std::min(time, is_lost ? Duration::zero() : its);
        }
        part.claim->reserve_for(time);
    }
}

bool ClusterGrants::are_needed() const noexcept {
    return needs_.at.shared->claims != nullptr;
}

void ClusterGrants::ask(SessionService& service, std::uint64_t terms,
                        std::function<void(std::optional<Refusal>)> decided) {
    const ServerShared& shared = *needs_.at.shared;
    const directory::ClientId& client = needs_.at.facts.client;
    terms = service.membership ? with_names(terms, service.names) : 0;
    std::vector<std::unique_ptr<ClusterNames::Use>> uses;
    if (service.is_private()) {
        uses.push_back(
            std::make_unique<ClusterNames::Use>(shared.cluster_names, *shared.claims, owner_of_private(client)));
    } else {
        uses = shared.cluster_names->use(*shared.claims, service.names, service.owner(client), terms);
    }
    check(!uses.empty(), "a service of a cluster has names");
    service.cluster = std::make_unique<ClusterGrant>();
    service.cluster->serial = ++last_serial_;
    service.cluster->waiting = uses.size();
    service.cluster->decided = std::move(decided);
    service.cluster->terms = terms;
    for (auto& use : uses) {
        service.cluster->parts.push_back(claim(service, std::move(use)));
    }
}

// The answers are posted, so they find the grant complete.
ClusterGrant::Part ClusterGrants::claim(const SessionService& service, std::unique_ptr<ClusterNames::Use> use) {
    directory::ClusterClaims::Request request;
    request.names = use->names();
    request.private_service = service.is_private() ? service.description.name : std::string();
    request.owner = use->owner();
    request.terms = service.cluster->terms;
    const std::uint32_t id = service.description.id;
    const std::uint64_t serial = service.cluster->serial;
    directory::ClusterClaims::Handlers handlers;
    handlers.decided = needs_.executor.bind(
        [this, id, serial](const std::optional<Refusal>& refusal) { on_decided(id, serial, refusal); });
    handlers.revoked =
        needs_.executor.bind([this, id, serial](const Refusal& refusal) { on_revoked(id, serial, refusal); });
    handlers.probe = [keep = needs_.executor.keep(), probe = needs_.probe](std::function<void(bool)> answer) {
        probe(std::move(answer));
    };
    auto claimed = needs_.at.shared->claims->claim(std::move(request), std::move(handlers));
    return {std::move(use), std::move(claimed)};
}

// Null if the service has ended, or asks for other names now.
SessionService* ClusterGrants::find(std::uint32_t id, std::uint64_t serial) noexcept {
    SessionService* const service = needs_.table.find(id);
    return service != nullptr && service->cluster && service->cluster->serial == serial ? service : nullptr;
}

void ClusterGrants::on_decided(std::uint32_t id, std::uint64_t serial, const std::optional<Refusal>& refusal) {
    SessionService* const service = find(id, serial);
    if (service == nullptr) {
        return;
    }
    if (--service->cluster->waiting == 0 || refusal) {
        if (const auto decided = std::exchange(service->cluster->decided, nullptr)) {
            decided(refusal);
        }
    }
}

void ClusterGrants::on_revoked(std::uint32_t id, std::uint64_t serial, const Refusal& refusal) {
    if (find(id, serial) != nullptr) {
        needs_.revoked(id, refusal);
    }
}

void ClusterGrants::reserve_all(Duration ports) {
    for (auto& [id, service] : needs_.table.all()) {
        reserve_names(needs_.at, service, ports);
    }
}

std::uint64_t cluster_terms(const wire::Service& description, const std::optional<directory::Membership>& membership) {
    if (!membership) {
        return 0;
    }
    wire::Service common;
    common.id = 1;
    common.kind = description.kind;
    common.http = description.http;
    common.http.hosts.clear();  // with the path, they are the names
    common.http.path.clear();
    common.http.backend_tls = false;  // the first member determines it
    common.group.name = description.group.name;
    common.group.balance = membership->balance;
    common.group.sticky = membership->sticky;
    common.group.eject = membership->eject;
    std::uint64_t digest = fnv_start;
    for (const wire::ControlPayload& payload : wire::encode_register(1, {&common, 1})) {
        digest = fnv1a(payload, digest);
    }
    return digest;
}

}  // namespace ferrotunnel::session
