// The networks that somebody who has one address may have as a whole. Caps for one address alone are no caps where
// addresses are free: a customer of IPv6 gets a /56 with 256 networks of a host each, a company a /48 with 65,536.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "runtime/address.hpp"

namespace ferrotunnel::login {

/// From the narrowest to the widest:
///          host                    home             block
///   IPv4   "192.0.2.7"             empty            "192.0.2.0/24"
///   IPv6   "2001:db8:1:2::/64"     ".../56"         ".../48"
/// IPv4 in IPv6's clothes is IPv4. An address of neither family stands for itself, three times.
inline constexpr std::size_t network_levels = 3;
using AddressNetworks = std::array<std::string, network_levels>;

/// The first bytes of an address of IPv6 that tell its host, home and block.
inline constexpr std::array<std::size_t, network_levels> network_bytes{8, 7, 6};

AddressNetworks networks_of(const runtime::SocketAddress& from);

}  // namespace ferrotunnel::login
