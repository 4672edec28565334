// The limits of exits, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"

namespace ferrotunnel::limits {

/// Items of a list of destinations: each is compared for each visitor.
inline constexpr std::size_t exit_rules_max = 256;
/// Ports and ranges of one of them.
inline constexpr std::size_t exit_ports_max = 64;
/// How long the prefix of an item must be to name an address of this machine or of a neighbour: a network of private
/// addresses (fc00::/7 is the largest), and of public ones as many as one organisation has. Shorter ones are lists of
/// the Internet, as those that leave private networks out.
inline constexpr std::uint8_t exit_names_private_bits = 7;
inline constexpr std::uint8_t exit_names_public_ipv4_bits = 16;
inline constexpr std::uint8_t exit_names_public_ipv6_bits = 32;
/// Users of an exit: each is compared for each login, so that the time says nothing about which one it was.
inline constexpr std::size_t exit_users_max = 64;
/// A name or a password, as SOCKS5 has room for (RFC 1929).
inline constexpr std::size_t exit_login_max = 255;
/// The head of an HTTP request. What is sent on of it fits into a newly connected socket.
inline constexpr std::size_t exit_head_max = 8'192;
/// The fields of an HTTP request. What is sent on of it can have one more, which ends the connection.
inline constexpr std::size_t exit_fields_max = http_fields_max - 1;
/// From the visitor's first byte to where it wants to go.
inline constexpr std::chrono::seconds exit_handshake_deadline{10};
/// Visitors of one exit that have not said yet where they want to go, or wait for the answer to a wrong login.
inline constexpr std::size_t exit_handshakes_max = 256;
/// How long the answer to a wrong login waits: 256 guesses in that time, whoever sends them.
inline constexpr std::chrono::seconds exit_login_wait{1};

}  // namespace ferrotunnel::limits
