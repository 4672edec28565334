// Limits of exits, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"

namespace ferrotunnel::limits {

/// Items of a list of destinations: each is compared for each visitor.
inline constexpr std::size_t exit_rules_max = 256;
/// Ports and port ranges of one item.
inline constexpr std::size_t exit_ports_max = 64;
/// The minimum prefix length of an item that allows addresses of this machine or a neighbour: private networks
/// (fc00::/7 is the largest), and public ones as large as one organisation has. An item with a shorter prefix is meant
/// for the Internet, such as "all but private networks".
inline constexpr std::uint8_t exit_names_private_bits = 7;
inline constexpr std::uint8_t exit_names_public_ipv4_bits = 16;
inline constexpr std::uint8_t exit_names_public_ipv6_bits = 32;
/// Users of an exit: each is compared for each login, so that the time does not reveal which one it was.
inline constexpr std::size_t exit_users_max = 64;
/// A name or a password, by the limit of SOCKS5 (RFC 1929).
inline constexpr std::size_t exit_login_max = 255;
/// The head of an HTTP request. Its forwarded form fits into a newly connected socket.
inline constexpr std::size_t exit_head_max = 8'192;
/// The fields of an HTTP request. Its forwarded form can have one more, which ends the connection.
inline constexpr std::size_t exit_fields_max = http_fields_max - 1;
/// From the visitor's first byte to its destination.
inline constexpr std::chrono::seconds exit_handshake_deadline{10};
/// Visitors of one exit that have not sent their destination yet, or wait for the reply to a wrong login.
inline constexpr std::size_t exit_handshakes_max = 256;
/// How long the reply to a wrong login is delayed: at most 256 guesses in that time, from all visitors together.
inline constexpr std::chrono::seconds exit_login_wait{1};

}  // namespace ferrotunnel::limits
