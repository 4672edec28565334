// Services with hosts and paths at the edge: HTTP, and TLS passthrough.
#include <string>
#include <utility>

#include "base/text.hpp"
#include "session/offered_hosts.hpp"
#include "session/server_shared.hpp"
#include "session/service_kind.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

directory::Refusal no_http() {
    return {Code::unsupported,
            "This server accepts no HTTP visitors. To change that, start it with --http-bind 0.0.0.0:8080 or "
            "--https-bind."};
}

directory::Refusal no_domain() {
    return {Code::unsupported,
            "An HTTP service needs a host here, like app.example.com: this server assigns none, since it was started "
            "without --domain."};
}

directory::Refusal none_to_assign() {
    return {Code::forbidden,
            "The server cannot assign a host to this token: those below its domain are reserved, or the token is "
            "allowed other hosts only. Ask for a host by name, or ask the server's operator to allow it."};
}

class HostKind : public ServiceKind {
public:
    explicit HostKind(const ServiceKindNeeds& needs) : needs_(needs) {}

    std::vector<directory::ClaimName> names_of(const SessionService&, const ServicePlace& place) const override {
        std::vector<directory::ClaimName> names;
        for (const std::string& host : place.wanted.hosts) {
            names.emplace_back(host, place.wanted.claimed_path());
        }
        return names;
    }
    std::optional<Refusal> refuse_claim(const SessionService& service, const ServicePlace& place) const override {
        if (service.assigned) {
            if (auto unproved = needs_.rights.refuse_unproved(service)) {
                return unproved;
            }
        }
        return hosts().check_owner(facts().client.first, place.wanted.hosts, needs_.at.worker.now());
    }
    std::optional<Refusal> open(SessionService& service, const ServicePlace& place) override;
    void handover_from(const std::vector<directory::ClientId>& owners, const SessionService&,
                       const ServicePlace& place) override {
        hosts().handover_hosts(owners, place.wanted);
    }
    void close(SessionService& service) override {
        // The reference is dropped only after closing: if that lacks memory, the session ends and leaves the hosts
        // then.
        if (const auto http = service.http) {
            hosts().close(*http, needs_.of_hosts, needs_.at.worker.now());
            service.http = nullptr;
        }
    }
    void leave(SessionService& service, bool) noexcept override {
        if (const auto http = std::exchange(service.http, nullptr)) {
            try {
                hosts().leave(*http, needs_.of_hosts, Clock::now());  // the worker may be gone already
            } catch (const std::exception&) {  // without memory the host is remembered for a shorter time
            }
        }
    }
    void yield(SessionService& service) override {
        if (service.http) {
            hosts().yield(*service.http, needs_.of_hosts);
        }
    }
    std::shared_ptr<directory::GroupMember> member_of(const SessionService& service) const override {
        return service.http ? service.http->member_of(needs_.of_hosts) : nullptr;
    }
    void set_health(SessionService& service) override {
        if (service.http) {
            hosts().set_health(*service.http, needs_.of_hosts, service.health);
        }
    }

protected:
    const SessionFacts& facts() const noexcept { return needs_.at.facts; }
    directory::HttpDirectory& hosts() const noexcept { return *needs_.at.shared->http; }

    const ServiceKindNeeds& needs_;
};

// Makes this trunk carry the hosts, which are claimed.
std::optional<directory::Refusal> HostKind::open(SessionService& service, const ServicePlace& place) {
    const std::shared_ptr<directory::HttpCarrier> trunk(needs_.executor.keep(), &needs_.of_hosts);
    const std::uint32_t id = service.description.id;
    const directory::Ended ended = [registry = needs_.at.shared->registry.get(), key = facts().key, id] {
        return registry->refuse_ended(key, id);
    };
    Refusal why;
    auto joined = hosts().join(facts().client, id, place.wanted, trunk, needs_.at.worker.now(), why, ended,
                               service.membership, service.health);
    if (!joined.service) {
        return why;
    }
    service.http = std::move(joined.service);
    service.opened = joined.first;
    service.traffic = make_intrusive<trunk::Traffic>();
    if (place.wanted.passthrough) {
        service.traffic->total = needs_.traffic;  // visitors of passthrough use this trunk, like those of a port
    }
    if (service.assigned) {
        hosts().remember_assigned(*service.http);
    }
    return std::nullopt;
}

class HttpKind final : public HostKind {
public:
    using HostKind::HostKind;

    std::optional<Refusal> read(const wire::Service& description, ServicePlace& place) const override;
    std::optional<Refusal> choose(const wire::Service& description, ServicePlace& place) const override;
    std::optional<Refusal> open(SessionService& service, const ServicePlace& place) override {
        std::optional<Refusal> refusal = HostKind::open(service, place);
        if (!refusal) {
            report_offered_hosts(*needs_.at.shared, service, facts().token_name);
        }
        return refusal;
    }
    bool choose_again(SessionService& service, ServicePlace& place, std::optional<Refusal>& refusal) const override {
        const ServerShared& shared = *needs_.at.shared;
        if (!service.assigned || service.redrawn >= redraws_max(shared)) {
            return false;
        }
        ++service.redrawn;
        // Another client, which is alive, has the host that a service of this name had before: any other host is
        // acceptable.
        place.wanted.hosts = {hosts().fresh_host(facts().client.first, shared.domain, *shared.random, is_elsewhere())};
        if (place.wanted.hosts.front().empty()) {
            refusal = none_to_assign();
            return false;
        }
        return true;
    }

private:
    /// Whether another member of the cluster has a host; empty without a cluster.
    directory::HttpDirectory::IsTaken is_elsewhere() const {
        if (needs_.at.shared->claims == nullptr) {
            return {};
        }
        return [&claims = *needs_.at.shared->claims](const std::string& host) {
            return claims.is_taken(directory::ClaimName(host, "/"));
        };
    }
};

std::optional<directory::Refusal> HttpKind::read(const wire::Service& description, ServicePlace& place) const {
    const ServerShared& shared = *needs_.at.shared;
    directory::HttpDescription& wanted = place.wanted;
    if (!shared.http_public && !shared.https_public) {
        return no_http();
    }
    wanted.name = printable(description.name, 64);
    wanted.token_name = facts().token_name;
    if (auto problem = directory::read_http_part(description.http, wanted)) {
        return Refusal{Code::protocol, std::move(*problem)};
    }
    if (auto problem = directory::beyond_bounds(wanted.limits, shared.http_bounds.get())) {
        return Refusal{Code::limit, std::move(*problem)};
    }
    if (auto& to_https = wanted.rules.https_redirect; to_https && to_https->public_port == 0 && shared.https_public) {
        to_https->public_port = shared.https_public->port;
    }
    return std::nullopt;
}

std::optional<directory::Refusal> HttpKind::choose(const wire::Service& description, ServicePlace& place) const {
    directory::HttpDescription& wanted = place.wanted;
    place.assigned = wanted.hosts.empty();
    if (!place.assigned) {
        return std::nullopt;
    }
    const ServerShared& shared = *needs_.at.shared;
    if (shared.domain.empty()) {
        return no_domain();
    }
    const bool is_shared = !description.group.name.empty();
    const directory::ClientId owner =
        is_shared ? directory::group_id(facts().client.first, description.kind, description.group.name)
                  : facts().client;
    wanted.hosts.push_back(hosts().assigned_host(owner, is_shared ? 0 : description.id, wanted.name, shared.domain,
                                                 *shared.random, needs_.at.worker.now(), is_elsewhere()));
    return wanted.hosts.front().empty() ? std::optional(none_to_assign()) : std::nullopt;
}

class TlsKind final : public HostKind {
public:
    using HostKind::HostKind;

    std::optional<Refusal> read(const wire::Service& description, ServicePlace& place) const override;
    std::optional<Refusal> choose(const wire::Service&, ServicePlace&) const override { return std::nullopt; }
};

std::optional<directory::Refusal> TlsKind::read(const wire::Service& description, ServicePlace& place) const {
    const ServerShared& shared = *needs_.at.shared;
    directory::HttpDescription& wanted = place.wanted;
    if (!shared.https_public) {
        return Refusal{Code::unsupported,
                       "This server accepts no TLS visitors. To change that, start it with --https-bind "
                       "0.0.0.0:8443."};
    }
    wanted.name = printable(description.name, 64);
    wanted.token_name = facts().token_name;
    if (auto problem = directory::read_tls_part(description.tls, wanted)) {
        return Refusal{Code::protocol, std::move(*problem)};
    }
    // The edge would not see the visitor's certificate.
    for (const std::string& host : wanted.hosts) {
        if (shared.requires_client_certificate && shared.requires_client_certificate(host)) {
            return Refusal{
                Code::unsupported,
                "This server requires a client certificate from visitors of " + printable(host, 100) +
                    ", so TLS passthrough is not possible. Offer it as an `http` service, or choose another host."};
        }
    }
    return std::nullopt;
}

}  // namespace

std::unique_ptr<ServiceKind> make_http_kind(const ServiceKindNeeds& needs) {
    return std::make_unique<HttpKind>(needs);
}

std::unique_ptr<ServiceKind> make_tls_kind(const ServiceKindNeeds& needs) {
    return std::make_unique<TlsKind>(needs);
}

}  // namespace ferrotunnel::session
