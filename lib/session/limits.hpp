// The limits of sessions that are none of the whole library, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/token_bucket.hpp"

namespace ferrotunnel::limits {

/// Visits that a client opens on one trunk, at once and per second. One more gets RESET `busy`.
inline constexpr Pace visits_pace{1'024, 256};
/// The same for all trunks of all clients of one token: more connections of theirs do not take more from others.
inline constexpr Pace visits_per_token_pace{4'096, 1'024};

/// Trunks that a visit or a CONNECT chooses among, of those that carry a service of its name: all of one client.
inline constexpr std::size_t named_carriers_max = trunks_per_tunnel_max;

/// Requests about a client's services that wait for its answer, on one connection: an operator makes one at a time.
inline constexpr std::size_t manage_requests_max = 8;
/// How long such a request waits: the control API has one thread, which does nothing else meanwhile.
inline constexpr Duration manage_patience = std::chrono::seconds(5);

/// Clients that are kept out of a server for a time: an operator names each.
inline constexpr std::size_t kicked_max = 1'024;

/// How often a client takes the place of others, on one connection: once a login, if all is well.
inline constexpr Pace take_overs_pace{8, 1};
/// How long a client whose place was taken still carries what was on its way to it: a request that had been given to it
/// takes microseconds, and longer where plugins decide about it.
inline constexpr Duration replaced_grace = std::chrono::milliseconds(500);
/// How often what a client says of one backend's health changes which trunks get visitors: a backend that is checked
/// ten times a second may be another one with each check, and so may one that a client makes up. What is said in
/// between counts a little later, and only as the last word of all.
inline constexpr Pace health_pace{8, 1};
inline constexpr Duration health_look_every = std::chrono::milliseconds(250);
/// How long a client that drains keeps its visitors of UDP: what was asked before is answered by then, and nobody knows
/// when such a visitor has finished. What he sends after that comes to whoever has the port then.
inline constexpr Duration udp_drains_for = std::chrono::seconds(1);
/// How often is looked whether the client whose place a session wants has gone by itself.
inline constexpr Duration place_look_every = std::chrono::milliseconds(100);

/// How long an attempt of a client to continue with its session may take through a proxy until it has connected: the
/// proxy has to be asked, and has to connect, before the server can be.
inline constexpr Duration resume_proxy_attempt = std::chrono::seconds(5);
/// How long the last attempt may take for that, which begins when the session has waited for as long as it may.
inline constexpr Duration resume_last_attempt = std::chrono::milliseconds(500);

}  // namespace ferrotunnel::limits
