#include "runtime/own_networks.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
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

struct AddressOfInterface {
    std::string interface;
    net::Address address;
};

struct Reading {
    net::IpNetworks networks;
    std::vector<AddressOfInterface> addresses;
};

// IPv4 addresses may have a label after the name: "eth0:1".
std::string_view without_label(std::string_view name) noexcept {
    return name.substr(0, name.find(':'));
}

Reading read_interfaces() {
    std::vector<AddressOfInterface> addresses;
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
        addresses.push_back({std::string(without_label(one->ifa_name)), address});
        if (one->ifa_dstaddr != nullptr) {  // or the broadcast address, which is in the same network
            addresses.push_back({addresses.back().interface, address_in(*one->ifa_dstaddr)});
        }
        const auto whole = static_cast<std::uint8_t>(8 * address.size());
        networks.push_back(net::IpNetwork::around(address, whole));
        const net::Address mask = one->ifa_netmask != nullptr ? address_in(*one->ifa_netmask) : net::Address();
        if (const std::uint8_t bits = ones_in(mask); bits != 0) {
            networks.push_back(net::IpNetwork::around(address, bits));
        }
    }
    return {net::IpNetworks(std::move(networks)), std::move(addresses)};
}

const Reading& reading_at(TimePoint now) {
    thread_local Reading reading;
    thread_local TimePoint read_at;
    if (reading.networks.empty() || now - read_at >= kept_for) {
        reading = read_interfaces();
        read_at = now;
    }
    return reading;
}

}  // namespace

const net::IpNetworks& own_networks(TimePoint now) {
    return reading_at(now).networks;
}

bool has_address_in(std::string_view interface, const net::IpNetwork& network, TimePoint now) {
    return std::ranges::any_of(reading_at(now).addresses, [&](const AddressOfInterface& one) {
        return one.interface == interface && network.contains(one.address);
    });
}

}  // namespace ferrotunnel::runtime
