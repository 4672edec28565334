// Replies to a client about the services that it registers: where visitors find them, or why they are refused.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "session/event_quota.hpp"
#include "session/limits.hpp"
#include "session/service_table.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker. Its reports to the log and to the application are limited.
class ServiceReplies {
public:
    struct Needs {
        const SessionContext& at;
        ServiceTable& table;
        const ServiceKinds& kinds;
        SharedView& view;
        SessionPlugins* plugins;                                // null if the server has none
        std::function<void(const wire::ControlPayload&)> send;  // to the client
        std::function<std::weak_ptr<ServerSession>()> session;  // the carrier of a service with a name
    };

    explicit ServiceReplies(Needs needs) : needs_(std::move(needs)) {}

    /// The service is open: answers the registration, and publishes the service.
    void confirm(std::uint32_t request, SessionService& service);
    /// Only answers the registration.
    void answer(std::uint32_t request, SessionService& service);
    /// Reports the HTTP services whose addresses differ from those that were last reported: a certificate decides
    /// whether the URL begins with https. And those with a public port that other members of the cluster cannot listen
    /// on, or can again. A client without feature::addresses keeps the old ones.
    void announce();
    /// Reports the hosts of all services, to a recipient that has not been there before.
    void report_hosts() const;
    /// Makes a service visible to others: from now on it has visitors.
    void publish(SessionService& service);
    /// Refuses a service that was being registered, and forgets it.
    void refuse(std::uint32_t id, const directory::Refusal& refusal);
    /// Refuses a service that the client has: it ends on this trunk.
    void revoke(std::uint32_t id, const directory::Refusal& refusal);
    /// Refuses a service that is not in the table.
    void report_refusal(const wire::Service& description, const directory::Refusal& refusal);

private:
    void log_reachable(const SessionService& service, const std::string& address);
    void log_partial(const SessionService& service) const;

    const Needs needs_;
    EventQuota refusals_{limits::refusal_events_per_second};
};

}  // namespace ferrotunnel::session
