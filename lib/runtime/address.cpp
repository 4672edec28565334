#include "runtime/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace ferrotunnel::runtime {

namespace {

template <typename Raw>
Raw raw_as(const SocketAddress& address) {
    Raw raw;
    std::memcpy(&raw, address.raw(), sizeof raw);
    return raw;
}

// The IPv4 address of either family, in host order.
std::optional<std::uint32_t> as_ipv4(const SocketAddress& address) {
    if (address.family() == AF_INET) {
        return ntohl(raw_as<sockaddr_in>(address).sin_addr.s_addr);
    }
    if (address.family() == AF_INET6) {
        in6_addr ip = raw_as<sockaddr_in6>(address).sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&ip)) {
            return static_cast<std::uint32_t>(ip.s6_addr[12]) << 24 | static_cast<std::uint32_t>(ip.s6_addr[13]) << 16 |
                   static_cast<std::uint32_t>(ip.s6_addr[14]) << 8 | ip.s6_addr[15];
        }
    }
    return {};
}

}  // namespace

SocketAddress::SocketAddress(const sockaddr* raw, socklen_t length) noexcept {
    socklen_t wanted = 0;
    if (length >= static_cast<socklen_t>(sizeof(sa_family_t))) {
        wanted = raw->sa_family == AF_INET ? static_cast<socklen_t>(sizeof(sockaddr_in)) : 0;
        wanted = raw->sa_family == AF_INET6 ? static_cast<socklen_t>(sizeof(sockaddr_in6)) : wanted;
    }
    if (wanted != 0 && length >= wanted) {
        std::memcpy(&storage_, raw, wanted);
        size_ = wanted;
    }
}

std::optional<SocketAddress> SocketAddress::from_ip(std::string_view ip, std::uint16_t port) {
    std::string text(ip.empty() ? "::" : ip);
    sockaddr_in v4{};
    if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return SocketAddress(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
    }
    sockaddr_in6 v6{};
    if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        return SocketAddress(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
    }
    return {};
}

std::optional<SocketAddress> SocketAddress::from_ip(const net::HostPort& place) {
    const std::string_view bare = net::without_zone(place.host);
    std::optional<SocketAddress> made = from_ip(bare, place.port);
    if (made && bare.size() < place.host.size()) {
        const std::string zone = place.host.substr(bare.size() + 1);
        const unsigned scope = ::if_nametoindex(zone.c_str());
        if (scope == 0 || made->family() != AF_INET6) {
            return {};  // there is no such interface now
        }
        reinterpret_cast<sockaddr_in6*>(&made->storage_)->sin6_scope_id = scope;
    }
    return made;
}

std::string SocketAddress::ip() const {
    char text[INET6_ADDRSTRLEN] = "";
    if (auto v4 = as_ipv4(*this)) {
        in_addr network{htonl(*v4)};
        ::inet_ntop(AF_INET, &network, text, sizeof text);
    } else if (family() == AF_INET6 && !empty()) {
        in6_addr network = raw_as<sockaddr_in6>(*this).sin6_addr;
        ::inet_ntop(AF_INET6, &network, text, sizeof text);
    }
    return text;
}

std::uint16_t SocketAddress::port() const noexcept {
    // sin_port and sin6_port are at the same place.
    return empty() ? std::uint16_t{0} : ntohs(raw_as<sockaddr_in>(*this).sin_port);
}

void SocketAddress::set_port(std::uint16_t port) noexcept {
    std::uint16_t network = htons(port);
    std::memcpy(storage_.bytes + offsetof(sockaddr_in, sin_port), &network, sizeof network);
}

std::string SocketAddress::text() const {
    return net::to_text({ip(), port()});
}

bool SocketAddress::is_loopback() const noexcept {
    if (auto v4 = as_ipv4(*this)) {
        return *v4 >> 24 == 127;
    }
    if (family() != AF_INET6) {
        return false;
    }
    in6_addr ip = raw_as<sockaddr_in6>(*this).sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(&ip);
}

bool SocketAddress::is_unspecified() const noexcept {
    if (auto v4 = as_ipv4(*this)) {
        return *v4 == 0;
    }
    if (family() != AF_INET6) {
        return false;
    }
    in6_addr ip = raw_as<sockaddr_in6>(*this).sin6_addr;
    return IN6_IS_ADDR_UNSPECIFIED(&ip);
}

bool is_loopback(const net::HostPort& place) {
    if (place.host.empty() || net::is_localhost(place.host)) {
        return true;
    }
    const auto address = SocketAddress::from_ip(place);
    return address && address->is_loopback();
}

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
