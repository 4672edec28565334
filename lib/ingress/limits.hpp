// Limits of connections to the edge that are no visitors'.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::limits {

/// Connections of CAs that a worker passes to another ACME client at once, and how long each may take. A CA checks a
/// host from five or six places, and each check is one handshake.
inline constexpr std::size_t challenge_relays_max = 64;
inline constexpr std::chrono::seconds challenge_relay_time{20};

}  // namespace ferrotunnel::limits
