// The networks that the owner of one address may have as a whole. Limits for single addresses have no effect where
// addresses are free: an IPv6 customer gets a /56 with 256 networks of one host each, a company a /48 with 65,536.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "runtime/address.hpp"

namespace ferrotunnel::login {

/// The networks of an address, from the narrowest to the widest:
///          host                    home             block
///   IPv4   "192.0.2.7"             empty            "192.0.2.0/24"
///   IPv6   "2001:db8:1:2::/64"     ".../56"         ".../48"
/// An IPv4-mapped IPv6 address is IPv4. An address of neither family stands for itself at all three levels.
inline constexpr std::size_t network_levels = 3;
using AddressNetworks = std::array<std::string, network_levels>;

/// How many bytes of an IPv6 address, from the first, identify its host, home and block.
inline constexpr std::array<std::size_t, network_levels> network_bytes{8, 7, 6};

AddressNetworks networks_of(const runtime::SocketAddress& from);

}  // namespace ferrotunnel::login
