// Limits used only by sessions, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/token_bucket.hpp"

namespace ferrotunnel::limits {

/// Visits that a client opens on one trunk, at once and per second. Further ones are reset with `busy`.
inline constexpr RateLimit visits_rate{1'024, 256};
/// Likewise on all trunks of all clients of one token: more connections do not give them a larger share.
inline constexpr RateLimit visits_per_token_rate{4'096, 1'024};

/// Trunks that a visit or a CONNECT chooses among, of those that carry a service with that name: all of one client.
inline constexpr std::size_t named_carriers_max = trunks_per_tunnel_max;

/// Pending requests about a client's services on one connection: an operator makes one at a time.
inline constexpr std::size_t manage_requests_max = 8;
/// How long such a request waits: it blocks the control API's only thread.
inline constexpr Duration manage_timeout = std::chrono::seconds(5);

/// Clients that are kept out of a server for a time: an operator names each.
inline constexpr std::size_t kicked_max = 1'024;

/// How often a client replaces others, on one connection: normally once per login.
inline constexpr RateLimit handovers_rate{8, 1};
/// How long a replaced client still carries what was in flight to it: a request that was sent to it takes microseconds,
/// and longer if plugins decide about it.
inline constexpr Duration replaced_grace = std::chrono::milliseconds(500);
/// How often a client's health reports about one backend may change which trunks get visitors: a backend that is
/// checked ten times a second may change with each check, and a client may invent reports. Reports in between are
/// applied a little later, and only the last one.
inline constexpr RateLimit health_rate{8, 1};
inline constexpr Duration health_apply_interval = std::chrono::milliseconds(250);
/// How long a draining client keeps its UDP visitors: earlier queries are answered by then, and there is no way to see
/// when such a visitor has finished. Its later datagrams reach the port's next owner.
inline constexpr Duration udp_drains_for = std::chrono::seconds(1);
/// How often to check whether the client that a session wants to replace has ended by itself.
inline constexpr Duration handover_check_interval = std::chrono::milliseconds(100);

/// Places that the server draws for a service, in a cluster: one drawn at random is hardly ever somebody's.
inline constexpr std::uint8_t assigned_draws_max = 8;

/// How long an attempt of a client to resume its session through a proxy may take to connect: the proxy must be
/// reached, and must connect to the server.
inline constexpr Duration resume_proxy_attempt = std::chrono::seconds(5);
/// How long the last attempt may take to connect; it begins when the session's waiting time is over.
inline constexpr Duration resume_last_attempt = std::chrono::milliseconds(500);

/// When a client dials a server again that is in another cluster than its first one: the settings may change.
inline constexpr Duration foreign_server_again = std::chrono::minutes(5);
/// When a client dials a server again that is also its first one: at first (its name may have several addresses), and
/// at the most, since each attempt is a TLS handshake. Up to twice as long, at random.
inline constexpr Duration occupied_server_again = std::chrono::seconds(1);
inline constexpr Duration occupied_server_again_max = std::chrono::minutes(5);
/// Clients of a server that stops or has died dial the next one within this time, not all in the same moment.
inline constexpr Duration next_server_spread = std::chrono::milliseconds(200);
/// How often in a row: servers that are restarted one after the other. Servers that accept a client and at once tell it
/// to go are dialled with the back-off instead.
inline constexpr unsigned quick_moves_max = 3;

}  // namespace ferrotunnel::limits
