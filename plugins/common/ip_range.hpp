// Parses addresses and networks into comparable numbers.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace ferrotunnel::plugins {

using Ipv4 = std::uint32_t;

struct Ipv6 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    auto operator<=>(const Ipv6&) const = default;
};

/// An address of either family. IPv4 that is mapped into IPv6 (::ffff:192.0.2.7) is IPv4.
using IpAddress = std::variant<Ipv4, Ipv6>;

/// The addresses from `first` to `last`, inclusive, of one family.
struct IpRange {
    IpAddress first;
    IpAddress last;
};

/// Parses an address, with or without brackets. The zone of an IPv6 address (fe80::1%eth0) is ignored. Empty if it is
/// not an address. Thread-safe; does not allocate.
std::optional<IpAddress> parse_address(std::string_view text) noexcept;

/// Parses an address, or a network such as 10.0.0.0/8 without bits set after its prefix length. Throws
/// std::invalid_argument, in words that follow the text.
IpRange parse_range(std::string_view text);

/// The first `bits` bits of the address, 0 to 128; the others become 0.
Ipv6 prefix_of(const Ipv6& address, unsigned bits) noexcept;

}  // namespace ferrotunnel::plugins
