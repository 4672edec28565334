// IP addresses as text, parsed without the system's functions, as in version 1 of the PROXY protocol.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/ip_address.hpp"

namespace ferrotunnel::net {

/// Parses four decimal numbers without leading zeros. The returned port is 0.
std::optional<Address> parse_ipv4(std::string_view text) noexcept;
/// Parses an address of RFC 4291: groups of one to four hexadecimal digits, at most one "::" (for one group or more),
/// and the last 32 bits possibly as IPv4. No zone, no brackets.
std::optional<Address> parse_ipv6(std::string_view text) noexcept;

/// Formats an address as in RFC 5952: lower case, the longest run of zero groups as "::", IPv4-mapped addresses with
/// dots. Empty for an address without a family.
std::string ip_text(const Address& address);

}  // namespace ferrotunnel::net
