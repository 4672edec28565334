// IP addresses as text, without the system's help: what the PROXY protocol's version 1 carries.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/ip_address.hpp"

namespace ferrotunnel::net {

/// Four decimal numbers without leading zeros. The port of the answer is 0.
std::optional<Address> parse_ipv4(std::string_view text) noexcept;
/// RFC 4291: groups of one to four hexadecimal digits, at most one "::" (for one group or more), and the last 32 bits
/// possibly as IPv4. No zone, no brackets.
std::optional<Address> parse_ipv6(std::string_view text) noexcept;

/// RFC 5952: lower case, the longest run of zero groups as "::", IPv4-mapped addresses with dots. Empty without a
/// family.
std::string ip_text(const Address& address);

}  // namespace ferrotunnel::net
