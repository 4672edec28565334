// Services with a public port of their own: TCP and UDP.
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "session/server_shared.hpp"
#include "session/service_kind.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

class PortKind : public ServiceKind {
public:
    explicit PortKind(const ServiceKindNeeds& needs) : needs_(needs) {}

    std::optional<Refusal> read(const wire::Service& description, ServicePlace& place) const override {
        const auto address = needs_.rights.address_for(description.bind);
        if (!address) {
            return address.error();
        }
        place.at = *address;
        place.at.set_port(description.remote_port);
        return std::nullopt;
    }
    std::optional<Refusal> choose(const wire::Service& description, ServicePlace& place) const override;
    std::vector<directory::ClaimName> names_of(const SessionService& service,
                                               const ServicePlace& place) const override {
        return {directory::ClaimName(place.at.port(), service.transport())};
    }
    bool choose_again(SessionService& service, ServicePlace& place, std::optional<Refusal>&) const override {
        if (!assigns(place) || service.redrawn >= redraws_max(*needs_.at.shared)) {
            return false;
        }
        ++service.redrawn;
        return true;
    }
    bool assigns(const ServicePlace& place) const override { return place.at.port() == 0; }
    std::optional<Refusal> assign(SessionService& service, ServicePlace place) override;
    std::optional<Refusal> open(SessionService& service, const ServicePlace& place) override;
    void handover_from(const std::vector<directory::ClientId>& owners, const SessionService& service,
                       const ServicePlace& place) override {
        ports().handover_port(owners, service.owner(facts().client), service.transport(), place.at);
    }
    void close(SessionService& service) override {
        // The reference is dropped only after closing: if that lacks memory, the session ends and leaves the port then.
        if (const auto port = service.public_port) {
            ports().close(*port, needs_.of_ports);
            service.public_port = nullptr;
        }
    }
    void leave(SessionService& service, bool may_return) noexcept override {
        if (const auto port = std::exchange(service.public_port, nullptr)) {
            ports().leave(*port, needs_.of_ports, may_return);
        }
    }
    void yield(SessionService& service) override {
        if (service.public_port) {
            ports().yield(*service.public_port, needs_.of_ports);
        }
    }
    std::shared_ptr<directory::GroupMember> member_of(const SessionService& service) const override {
        return service.public_port ? service.public_port->member_of(needs_.of_ports) : nullptr;
    }
    void set_health(SessionService& service) override {
        if (service.public_port) {
            directory::PortTable::set_health(*service.public_port, needs_.of_ports, service.health);
        }
    }

protected:
    /// Another trunk may end the service at any time: checked under the lock that closing takes, so that either closing
    /// finds the port, or it is refused here.
    directory::Ended ended(const SessionService& service) const {
        return [registry = needs_.at.shared->registry.get(), key = facts().key, id = service.description.id] {
            return registry->refuse_ended(key, id);
        };
    }
    virtual directory::PortTable::Joined join(const SessionService& service, const runtime::SocketAddress& at,
                                              std::shared_ptr<directory::VisitorCarrier> trunk,
                                              std::error_code& error) {
        return ports().join(facts().client, at, std::move(trunk), service.description.id, needs_.at.worker,
                            needs_.at.shared->open_port, error, ended(service), service.membership, service.health);
    }

    const SessionFacts& facts() const noexcept { return needs_.at.facts; }
    directory::PortTable& ports() const noexcept { return *needs_.at.shared->ports; }

    const ServiceKindNeeds& needs_;
};

// A port that another trunk, another member of its group, or a predecessor's service of this name has.
std::optional<directory::Refusal> PortKind::choose(const wire::Service& description, ServicePlace& place) const {
    const bool is_shared = !description.group.name.empty();
    const auto transport =
        description.kind == wire::ServiceKind::udp ? directory::Transport::udp : directory::Transport::tcp;
    if (place.at.port() == 0 && (facts().agreement.trunks > 1 || is_shared)) {
        const directory::ClientId owner =
            is_shared ? directory::group_id(facts().client.first, description.kind, description.group.name)
                      : facts().client;
        place.at.set_port(ports().port_of(owner, is_shared ? 0 : description.id, transport));
    }
    if (place.at.port() == 0) {
        for (const auto& predecessor : needs_.at.shared->registry->predecessors(facts().key)) {
            place.at.set_port(predecessor->assigned_port(description.kind, printable(description.name, 64)));
            if (place.at.port() != 0) {
                break;
            }
        }
    }
    return std::nullopt;
}

// Bound before it is claimed, since the system chooses among the free ports.
std::optional<directory::Refusal> PortKind::assign(SessionService& service, ServicePlace place) {
    const std::shared_ptr<const login::AcceptedToken> token = needs_.rights.token();
    if (token == nullptr) {
        // The session is about to end, or, if the token was restored meanwhile, the client requests again.
        return needs_.rights.refuse_token().value_or(
            Refusal{Code::busy, "The server is changing its tokens. The client retries."});
    }
    if (auto full = needs_.rights.count_service(service)) {
        return full;
    }
    const ServerShared& shared = *needs_.at.shared;
    Refusal why{Code::port_taken, "The server has no free port that this token may use."};
    const auto rules = shared.registry->rules();
    std::vector<std::uint16_t> candidates = rules->port_candidates(facts().client.first, token->ports, *shared.random);
    if (candidates.size() == 1 && (shared.service_tokens.get() || shared.claims)) {
        // The system may choose one that is reserved for a service, or that another member of the cluster has.
        candidates.resize(limits::assigned_draws_max, candidates.front());
    }
    const auto give_back = [&] {
        leave(service, false);
        for (const directory::ClaimName& name : service.names) {
            shared.registry->release(facts().key, name);
        }
    };
    for (const std::uint16_t candidate : candidates) {
        place.at.set_port(candidate);
        if (auto failed = open(service, place)) {
            why = std::move(*failed);
            if (why.code == Code::busy) {
                break;
            }
            continue;
        }
        const directory::ClaimName name(service.port(), service.transport());
        service.names = {name};
        if (needs_.rights.refuse_unproved(service)) {
            give_back();  // that one is reserved for a service with a token of its own
            continue;
        }
        if (shared.claims && shared.claims->is_taken(name)) {
            give_back();
            continue;
        }
        const directory::ClaimAnswer answer =
            shared.registry->claim(facts().key, service.description.id, name, needs_.at.worker.now(), service.group());
        if (std::holds_alternative<directory::Granted>(answer)) {
            return std::nullopt;
        }
        give_back();
        if (const auto* refusal = std::get_if<Refusal>(&answer)) {
            why = *refusal;
        }
    }
    return why;
}

std::optional<directory::Refusal> PortKind::open(SessionService& service, const ServicePlace& place) {
    std::error_code error;
    auto joined = join(service, place.at,
                       std::shared_ptr<directory::VisitorCarrier>(needs_.executor.keep(), &needs_.of_ports), error);
    if (joined.refusal) {
        return joined.refusal;
    }
    if (!joined.port) {
        return Refusal{Code::port_taken,
                       "The server cannot listen on " + place.at.text() + ": " + error.message() + "."};
    }
    service.public_port = std::move(joined.port);
    service.opened = joined.opened;
    service.traffic = make_intrusive<trunk::Traffic>();
    service.traffic->total = needs_.traffic;
    return std::nullopt;
}

class UdpKind final : public PortKind {
public:
    using PortKind::PortKind;

    std::optional<Refusal> refuse_unsupported() const override {
        if ((facts().agreement.features & wire::feature::udp) == 0) {
            return Refusal{Code::unsupported, "The client has not announced support for UDP."};
        }
        if (!needs_.at.shared->open_udp) {
            return Refusal{Code::unsupported, "This server has no UDP services."};
        }
        return std::nullopt;
    }

private:
    directory::PortTable::Joined join(const SessionService& service, const runtime::SocketAddress& at,
                                      std::shared_ptr<directory::VisitorCarrier> trunk,
                                      std::error_code& error) override {
        directory::DatagramTerms terms;
        terms.service = printable(service.description.name, 64);
        if (service.description.udp.idle_ms != 0) {
            terms.idle = std::chrono::milliseconds(service.description.udp.idle_ms);
        }
        return ports().join(facts().client, at, std::move(trunk), service.description.id, needs_.at.worker,
                            needs_.at.shared->open_udp, terms, error, ended(service), service.membership,
                            service.health);
    }
};

}  // namespace

std::unique_ptr<ServiceKind> make_tcp_kind(const ServiceKindNeeds& needs) {
    return std::make_unique<PortKind>(needs);
}

std::unique_ptr<ServiceKind> make_udp_kind(const ServiceKindNeeds& needs) {
    return std::make_unique<UdpKind>(needs);
}

}  // namespace ferrotunnel::session
