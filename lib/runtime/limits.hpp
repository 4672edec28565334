// Limits of names and of connecting to their addresses, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"

namespace ferrotunnel::limits {

/// Addresses of a name that are used, in the order of preference: the owner of a name may give it thousands.
inline constexpr std::size_t name_addresses_max = 32;
/// How long the address that could be connected to when the first ones could not stays the first one of its name.
inline constexpr auto name_preference = std::chrono::minutes(10);

// --- connecting to one of several addresses (RFC 8305) --------------------------------------------------------------

/// The next address is tried this long after the previous one, or at once when that has failed.
inline constexpr auto connect_attempt_every = std::chrono::milliseconds(250);
/// Sockets that one connect has at once. If there are as many, the oldest makes room for the next address if it had
/// this long, in which all except the farthest peers respond.
inline constexpr std::size_t connects_at_once_max = 4;
inline constexpr auto connect_room_after = std::chrono::seconds(1);
/// If no address of a name has responded for this long, or for half of the available time, the name is resolved again:
/// its addresses may have changed.
inline constexpr auto reresolve_after = std::chrono::seconds(4);

// --- routes ---------------------------------------------------------------------------------------------------------

/// The kernel's response about one route: some 200 bytes, and 32 more for each of its metrics.
inline constexpr std::size_t route_answer_max = 4'096;
/// A route without a gateway for a shorter prefix leads to most of the Internet (a tunnel, a dial-up line), and is not
/// a network of this machine's own.
inline constexpr std::uint8_t own_network_bits_min = 8;

}  // namespace ferrotunnel::limits
