// Limits of connections to the edge that are no visitors'.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::limits {

/// Connections of CAs that a worker passes to another ACME client at once, how long each may take, and the bytes in
/// each direction. A CA checks a host from five or six places, and each check is one handshake.
inline constexpr std::size_t challenge_relays_max = 64;
inline constexpr std::chrono::seconds challenge_relay_time{20};
inline constexpr std::size_t challenge_relay_bytes_max = 64 * 1'024;

/// How long a visitor waits for the certificate of its host at most: the longest time that an application can set.
inline constexpr std::chrono::seconds held_handshake_max{60};

}  // namespace ferrotunnel::limits
