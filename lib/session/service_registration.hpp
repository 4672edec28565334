// Handles a client's requests to register services (checked, decided by plugins, claimed, opened) and to unregister
// them.
//
//   register --check--> plugins --> register_checked --read, choose--> claim --> grant --> open --> confirmed
//         |         |            |                     |               |          |         |
//         '---------'------------'---------------------'---------------'----------'---------'--> refused
//
// A claim is at the registry of this server; the cluster, if there is one, grants the names (ClusterGrants).
// A service that another client has waits after its claim (HandoverQueue).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/token_bucket.hpp"
#include "session/cluster_grants.hpp"
#include "session/handover_queue.hpp"
#include "session/session_rights.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker.
class ServiceRegistration {
public:
    using Refusal = directory::Refusal;

    struct Needs {
        const SessionContext& at;
        const SessionExecutor& executor;
        const SessionRights& rights;
        ServiceTable& table;
        const ServiceKinds& kinds;
        ServiceReplies& replies;
        HandoverQueue& handover_queue;
        ClusterGrants& grants;
        SessionPlugins* plugins;                             // null if the server has none
        std::function<std::optional<Refusal>()> refuse_any;  // the session accepts no services any more
        std::function<bool()> has_ended;
    };

    explicit ServiceRegistration(Needs needs) : needs_(std::move(needs)) {}

    /// The client requests the service. It gets a reply, perhaps later.
    void register_service(std::uint32_t request, const wire::Service& description);
    /// The client no longer wants the service. A request on one trunk applies to all, unless this one `yields`: then
    /// its claims are those of a fresh session, which receives the request as well.
    void unregister_service(std::uint32_t id, bool yields);
    /// Registers a service that passed check() and that plugins have accepted.
    void register_checked(std::uint32_t request, const wire::Service& description);
    /// Why the session does not accept the service.
    std::optional<Refusal> check(const wire::Service& description) const;
    /// Reads the client's description in normal form.
    std::optional<Refusal> read(const wire::Service& description, ServicePlace& place) const;

private:
    std::optional<Refusal> refuse_present(const wire::Service& description) const;
    std::optional<Refusal> refuse_plugins(const wire::Service& description) const;
    std::optional<Refusal> refuse_group(const wire::Service& description) const;
    std::optional<Refusal> refuse_rules(const wire::HttpRulesPart& rules) const;
    std::optional<Refusal> refuse_names(const directory::HttpDescription& wanted) const;
    void claim(std::uint32_t request, std::uint32_t id, ServicePlace place);
    void on_claimed(std::uint32_t request, std::uint32_t id, std::uint64_t registration, ServicePlace place,
                    const std::vector<directory::ClaimName>& names, std::optional<Refusal> refusal);
    void grant(std::uint32_t request, SessionService& service, ServicePlace place);
    void on_granted(std::uint32_t request, std::uint32_t id, ServicePlace place, std::optional<Refusal> refusal);
    bool choose_again(SessionService& service, ServicePlace& place, std::optional<Refusal>& refusal);
    std::optional<Refusal> open(std::uint32_t request, SessionService& service, const ServicePlace& place);

    const Needs needs_;
    TokenBucket rate_;
};

}  // namespace ferrotunnel::session
