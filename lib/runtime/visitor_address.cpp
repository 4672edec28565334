#include "runtime/visitor_address.hpp"

#include <netinet/in.h>

#include <algorithm>

namespace ferrotunnel::runtime {

net::Address visitor_address(const runtime::SocketAddress& from) noexcept {
    net::Address address;
    address.port = from.port();
    const auto* four = reinterpret_cast<const sockaddr_in*>(from.raw());
    const auto* six = reinterpret_cast<const sockaddr_in6*>(from.raw());
    if (from.family() == AF_INET) {
        address.family = 4;
        std::copy_n(reinterpret_cast<const std::uint8_t*>(&four->sin_addr), 4, address.bytes.begin());
    } else if (from.family() == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        address.family = 4;
        std::copy_n(six->sin6_addr.s6_addr + 12, 4, address.bytes.begin());
    } else if (from.family() == AF_INET6) {
        address.family = 6;
        std::copy_n(six->sin6_addr.s6_addr, 16, address.bytes.begin());
    }
    return address;
}

}  // namespace ferrotunnel::runtime
