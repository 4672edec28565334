#include "runtime/own_networks.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace ferrotunnel::runtime {
namespace {

constexpr auto kept_for = std::chrono::seconds(1);

net::Address address_in(const sockaddr& from) noexcept {
    net::Address address;
    if (from.sa_family == AF_INET) {
        sockaddr_in ip{};
        std::memcpy(&ip, &from, sizeof ip);
        address.family = 4;
        std::memcpy(address.bytes.data(), &ip.sin_addr, 4);
    } else if (from.sa_family == AF_INET6) {
        sockaddr_in6 ip{};
        std::memcpy(&ip, &from, sizeof ip);
        address.family = 6;
        std::memcpy(address.bytes.data(), &ip.sin6_addr, 16);
    }
    return address;
}

std::uint8_t ones_in(const net::Address& mask) noexcept {
    int ones = 0;
    for (std::size_t i = 0; i < mask.size(); ++i) {
        ones += std::popcount(mask.bytes[i]);
    }
    return static_cast<std::uint8_t>(ones);
}

std::vector<net::IpNetwork> read_networks() {
    std::vector<net::IpNetwork> networks;
    for (const char* text : {"0.0.0.0/8", "127.0.0.0/8", "::", "::1"}) {
        networks.push_back(net::IpNetwork::parse(text).value());
    }
    ifaddrs* listed = nullptr;
    if (::getifaddrs(&listed) != 0) {
        throw std::system_error(errno, std::generic_category(), "read the addresses of this machine");
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(listed, &::freeifaddrs);
    for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) {
            continue;
        }
        const net::Address address = address_in(*one->ifa_addr);
        if (address.family == 0) {
            continue;
        }
        const auto whole = static_cast<std::uint8_t>(8 * address.size());
        networks.push_back(net::IpNetwork::around(address, whole));
        const net::Address mask = one->ifa_netmask != nullptr ? address_in(*one->ifa_netmask) : net::Address();
        if (const std::uint8_t bits = ones_in(mask); bits != 0) {
            networks.push_back(net::IpNetwork::around(address, bits));
        }
    }
    return networks;
}

}  // namespace

const net::IpNetworks& own_networks(TimePoint now) {
    thread_local net::IpNetworks networks;
    thread_local TimePoint read_at;
    if (networks.empty() || now - read_at >= kept_for) {
        networks = net::IpNetworks(read_networks());
        read_at = now;
    }
    return networks;
}

}  // namespace ferrotunnel::runtime
