#include "login/address_networks.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <utility>

namespace ferrotunnel::login {
namespace {

std::string first_bytes(const runtime::SocketAddress& from, std::size_t bytes) {
    sockaddr_in6 network = *reinterpret_cast<const sockaddr_in6*>(from.raw());
    std::fill(std::begin(network.sin6_addr.s6_addr) + bytes, std::end(network.sin6_addr.s6_addr), std::uint8_t{0});
    return runtime::SocketAddress(reinterpret_cast<const sockaddr*>(&network), sizeof network).ip() + '/' +
           std::to_string(bytes * 8);
}

}  // namespace

AddressNetworks networks_of(const runtime::SocketAddress& from) {
    std::string ip = from.ip();
    if (ip.find(':') == std::string::npos && ip.find('.') != std::string::npos) {
        std::string block = ip.substr(0, ip.rfind('.')) + ".0/24";
        return {std::move(ip), std::string(), std::move(block)};
    }
    if (from.family() != AF_INET6) {
        return {ip, ip, ip};
    }
    AddressNetworks networks;
    std::transform(network_bytes.begin(), network_bytes.end(), networks.begin(),
                   [&from](std::size_t bytes) { return first_bytes(from, bytes); });
    return networks;
}

}  // namespace ferrotunnel::login
