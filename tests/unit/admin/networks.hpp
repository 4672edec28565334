// The networks of an address that is written as a text.
#pragma once

#include <string>

#include "login/address_networks.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::admin {

inline login::AddressNetworks networks(const std::string& ip) {
    return login::networks_of(*runtime::SocketAddress::from_ip(ip, 1));
}

}  // namespace ferrotunnel::admin
