// One service of a client on one trunk: the client's request, and what the server opened for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/token_bucket.hpp"
#include "directory/http_directory.hpp"
#include "directory/membership.hpp"
#include "directory/registry.hpp"
#include "directory/shared_port.hpp"
#include "directory/token_use.hpp"
#include "directory/visitor_queue.hpp"
#include "hooks/session_run.hpp"
#include "metrics/service_counters.hpp"
#include "runtime/socket.hpp"
#include "session/cluster_grant.hpp"
#include "session/named_services.hpp"
#include "session/visitor_ranks.hpp"
#include "shaping/shapes.hpp"
#include "trunk/traffic.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

/// Where a service is to be opened: the client's request, or the server's choice.
struct ServicePlace {
    runtime::SocketAddress at{};          // for a port
    directory::HttpDescription wanted{};  // for hosts
    bool assigned = false;                // the server chose the host
    std::uint64_t terms = 0;              // cluster_terms(), in a cluster

    /// The hosts to be opened; null for a service without hosts.
    const directory::HttpDescription* hosts() const noexcept { return wanted.hosts.empty() ? nullptr : &wanted; }
};

/// Plain data. It belongs to the ServiceTable of its session, on the session's worker.
struct SessionService {
    wire::Service description;
    std::shared_ptr<const ServicePlace> awaited{};  // place that another client has until it is replaced; usually null
    std::uint64_t registration = 0;                 // an id may be registered again before the first claim ends
    std::vector<directory::ClaimName> names;        // claimed, or about to be
    std::optional<directory::Membership> membership{};  // in the group that has it
    directory::CarrierHealth health{};                  // of its backend
    std::optional<wire::Health> reported{};             // last report about its backend, not applied yet
    TokenBucket health_rate{};
    std::shared_ptr<directory::SharedPort> public_port;
    std::shared_ptr<directory::HttpService> http;
    std::string address{};                       // as last reported to the client; empty before the first report
    std::string not_at{};                        // likewise
    bool opened = false;                         // it opened the port or service itself: it did not join others
    bool assigned = false;                       // the server chose its host
    std::uint8_t redrawn = 0;                    // how often another place was chosen, since somebody has the first
    IntrusivePtr<trunk::Traffic> traffic;        // on this trunk
    std::shared_ptr<metrics::Meter> meter{};     // rate of the service's bytes; null until the service is published
    std::shared_ptr<metrics::ServiceRow> row{};  // likewise
    IntrusivePtr<VisitorRanks> ranks{};          // likewise
    directory::VisitorQueue queue;
    directory::TokenUse::Counted of_token{};         // counts it for the token's quota
    hooks::SharedRequestedPlugins asked{};           // the plugins that its client requests
    std::unique_ptr<NamedServices::Place> named{};   // set by publish(); null for kinds that have no names
    std::shared_ptr<shaping::ServiceShape> shape{};  // rate limits of its visitors; null until there are any
    std::unique_ptr<ClusterGrant> cluster{};         // since the names are claimed here; null without a cluster

    bool is_carried() const noexcept { return public_port || http; }
    /// It has a place, or its names at least.
    bool has_claims() const noexcept { return is_carried() || awaited || cluster; }
    bool is_private() const noexcept { return description.kind == wire::ServiceKind::private_tcp; }
    directory::Transport transport() const noexcept {
        return description.kind == wire::ServiceKind::udp ? directory::Transport::udp : directory::Transport::tcp;
    }
    std::uint16_t port() const { return public_port ? public_port->address().port() : std::uint16_t{0}; }

    std::optional<directory::ClientId> group() const {
        return membership ? std::optional(membership->group) : std::nullopt;
    }
    /// The group that has the service, or `client` if there is none.
    directory::ClientId owner(const directory::ClientId& client) const { return group().value_or(client); }
    /// The owner's number for the service: a group has only one, 0.
    std::uint32_t number() const { return membership ? 0 : description.id; }
};

}  // namespace ferrotunnel::session
