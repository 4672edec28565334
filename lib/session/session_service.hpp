// One service of a client on one trunk: what the client asked for, and what the server opened for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/token_bucket.hpp"
#include "directory/http_directory.hpp"
#include "directory/membership.hpp"
#include "directory/registry.hpp"
#include "directory/shared_port.hpp"
#include "directory/token_use.hpp"
#include "directory/visitor_line.hpp"
#include "hooks/session_run.hpp"
#include "metrics/service_book.hpp"
#include "runtime/socket.hpp"
#include "session/named_services.hpp"
#include "shaping/shapes.hpp"
#include "trunk/traffic.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

/// Where a service is to be opened: what its client asks for, or what the server chose.
struct ServicePlace {
    runtime::SocketAddress at{};          // of a port
    directory::HttpDescription wanted{};  // of hosts
    bool assigned = false;                // the host is the server's choice

    /// The hosts to be opened; null for a service without hosts.
    const directory::HttpDescription* hosts() const noexcept { return wanted.hosts.empty() ? nullptr : &wanted; }
};

/// A value. It belongs to the ServiceTable of its session, on the session's worker.
struct SessionService {
    wire::Service description;
    std::shared_ptr<const ServicePlace> awaited{};  // what another client has until it is replaced; usually null
    std::uint64_t registration = 0;           // an id may be registered again while a claim for the first is under way
    std::vector<directory::ClaimName> names;  // claimed, or about to be
    std::optional<directory::Membership> membership{};  // of the group that has it
    directory::CarrierHealth health{};                  // of its backend
    std::optional<wire::Health> reported{};             // of its backend, and not applied yet
    TokenBucket health_rate{};
    std::shared_ptr<directory::SharedPort> public_port;
    std::shared_ptr<directory::HttpService> http;
    bool opened = false;                         // opened the port or service here, did not join other trunks
    bool assigned = false;                       // its host is the server's choice
    bool assigned_anew = false;                  // and it is not the one that the service had before
    std::shared_ptr<trunk::Traffic> traffic;     // on this trunk
    std::shared_ptr<metrics::Meter> meter{};     // of what it moves; null until it is published
    std::shared_ptr<metrics::ServiceRow> row{};  // likewise
    directory::VisitorLine line;
    directory::TokenUse::Counted of_token{};         // counts it for the token's quota
    hooks::SharedAskedPlugins asked{};               // the plugins that its client requests
    std::unique_ptr<NamedServices::Place> named{};   // set by publish(); null for kinds that have no names
    std::shared_ptr<shaping::ServiceShape> shape{};  // the rates of its visitors; null until there is one

    bool is_carried() const noexcept { return public_port || http; }
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
    /// The owner's number for it: a group has one service.
    std::uint32_t number() const { return membership ? 0 : description.id; }
};

}  // namespace ferrotunnel::session
