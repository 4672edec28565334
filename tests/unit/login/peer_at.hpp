// The addresses of peers at the gates, written as text.
#pragma once

#include <string_view>

#include "runtime/address.hpp"

namespace ferrotunnel::test {

inline runtime::SocketAddress peer_at(std::string_view ip) {
    return *runtime::SocketAddress::from_ip(ip, 1234);
}

}  // namespace ferrotunnel::test
