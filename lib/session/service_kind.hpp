// How services of each kind are read, claimed, opened and closed.
//
//   read --> choose --> refuse_claim --> names are claimed (ServiceRegistration) --> open --> close, leave or yield
//               \                             \--another client has them--> choose_again
//                `--port 0--> assign ----------------------------------------------^
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "session/session_context.hpp"
#include "session/session_rights.hpp"
#include "session/session_service.hpp"

namespace ferrotunnel::session {

/// The parts of a session that its service kinds use, with the trunk that joins ports and hosts in the directory.
struct ServiceKindNeeds {
    const SessionContext& at;
    const SessionRights& rights;
    const SessionExecutor& executor;  // keeps the session alive while the directory has it
    directory::VisitorCarrier& of_ports;
    directory::HttpCarrier& of_hosts;
    IntrusivePtr<trunk::Traffic> traffic;  // of the trunk: a service's visitors count there, too
};

/// How often a place that the server has chosen is replaced by another one, since somebody has it. A server alone knows
/// all places, so only the one that a service had before can be somebody's.
std::uint8_t redraws_max(const ServerShared& shared) noexcept;

/// One kind of service. Called on the session's worker. A function that returns a refusal leaves nothing open.
class ServiceKind {
public:
    using Refusal = directory::Refusal;

    virtual ~ServiceKind() = default;

    /// Refuses if the server or the client does not support services of this kind.
    virtual std::optional<Refusal> refuse_unsupported() const { return std::nullopt; }
    /// Reads the client's description into `place`, in normal form.
    virtual std::optional<Refusal> read(const wire::Service& description, ServicePlace& place) const = 0;
    /// Chooses what the client leaves to the server, as far as that is possible before it is open.
    virtual std::optional<Refusal> choose(const wire::Service& description, ServicePlace& place) const = 0;
    /// The names to be claimed before the place is opened. Empty if it is opened without a claim.
    virtual std::vector<directory::ClaimName> names_of(const SessionService& service,
                                                       const ServicePlace& place) const = 0;
    /// Refuses names that must not be claimed.
    virtual std::optional<Refusal> refuse_claim(const SessionService& service, const ServicePlace& place) const;
    /// Another client has the names: chooses others. False if there is nothing to choose.
    virtual bool choose_again(SessionService& service, ServicePlace& place, std::optional<Refusal>& refusal) const;
    /// Whether the place is opened before it is claimed (assign), since the system chooses it.
    virtual bool assigns(const ServicePlace&) const { return false; }
    /// Opens and claims a place of the system's choice.
    virtual std::optional<Refusal> assign(SessionService& service, ServicePlace place);

    /// Makes the trunk carry the service at a place that was claimed.
    virtual std::optional<Refusal> open(SessionService& service, const ServicePlace& place) = 0;
    /// Moves the place of `owners` to the service; open() follows.
    virtual void handover_from(const std::vector<directory::ClientId>& owners, const SessionService& service,
                               const ServicePlace& place) = 0;

    /// The service is closed for all trunks of its client.
    virtual void close(SessionService& service) = 0;
    /// This trunk leaves the service. `may_return`: a port that has no other trunk is held. It may be called without a
    /// worker.
    virtual void leave(SessionService& service, bool may_return) noexcept = 0;
    /// The trunk carries the service until another one joins.
    virtual void yield(SessionService& service) = 0;
    /// The group member that the trunk belongs to for the service; null if there is no group.
    virtual std::shared_ptr<directory::GroupMember> member_of(const SessionService&) const { return nullptr; }
    /// Applies service.health.
    virtual void set_health(SessionService& service) = 0;
};

/// The kinds that this server supports.
class ServiceKinds {
public:
    explicit ServiceKinds(const ServiceKindNeeds& needs);

    /// Null if the server does not support the kind.
    ServiceKind* find(wire::ServiceKind kind) const noexcept;
    /// The kind of a registered service.
    ServiceKind& of(const SessionService& service) const noexcept { return *find(service.description.kind); }

private:
    const ServiceKindNeeds needs_;  // for all kinds
    std::unique_ptr<ServiceKind> tcp_;
    std::unique_ptr<ServiceKind> udp_;
    std::unique_ptr<ServiceKind> http_;
    std::unique_ptr<ServiceKind> tls_;
    std::unique_ptr<ServiceKind> private_;
};

// Each is in a file of its own: service_kind_port.cpp, _http.cpp, _private.cpp.
std::unique_ptr<ServiceKind> make_tcp_kind(const ServiceKindNeeds& needs);
std::unique_ptr<ServiceKind> make_udp_kind(const ServiceKindNeeds& needs);
std::unique_ptr<ServiceKind> make_http_kind(const ServiceKindNeeds& needs);
std::unique_ptr<ServiceKind> make_tls_kind(const ServiceKindNeeds& needs);
std::unique_ptr<ServiceKind> make_private_kind(const ServiceKindNeeds& needs);

}  // namespace ferrotunnel::session
