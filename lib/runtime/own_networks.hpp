// Addresses and networks of this machine: its own addresses, and the networks that it reaches without a router.
#pragma once

#include <string_view>

#include "base/clock.hpp"
#include "net/ip_network.hpp"

namespace ferrotunnel::runtime {

/// This machine's networks, read from the kernel at most once a second on each thread. Always contains the addresses
/// that mean this machine (0.0.0.0, ::, 127.0.0.0/8, ::1). A prefix of length 0 does not count as a network of its own.
/// Throws std::system_error if the kernel does not report them.
const net::IpNetworks& own_networks(TimePoint now);

/// Whether the interface has an address, or the peer of one, in a network. Reads and throws like own_networks().
bool has_address_in(std::string_view interface, const net::IpNetwork& network, TimePoint now);

}  // namespace ferrotunnel::runtime
