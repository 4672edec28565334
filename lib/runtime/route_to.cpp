#include "runtime/route_to.hpp"

#include <linux/netlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/own_networks.hpp"
#include "runtime/route_message.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {
namespace {

// The kernel responds within sendto(), so a response that is not waiting here never arrives.
Result<RouteAnswer, int> query_kernel(const Fd& socket, const net::Address& to, RouteQuery question) {
    const std::vector<std::byte> request = route_request(to, question);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (::sendto(socket.get(), request.data(), request.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&kernel),
                 sizeof kernel) < 0) {
        return errno;
    }
    std::array<std::byte, limits::route_answer_max> answer;
    const ssize_t size = ::recv(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    return size < 0 ? Result<RouteAnswer, int>(errno)
                    : read_route_answer(std::span(answer).first(static_cast<std::size_t>(size)));
}

// The name of a point-to-point or no-ARP interface, such as that of a VPN tunnel; empty for other interfaces, or if the
// kernel cannot tell.
std::optional<std::string> name_of_line(const Fd& socket, std::uint32_t interface) {
    ifreq request{};
    request.ifr_ifindex = static_cast<int>(interface);
    if (interface == 0 || ::ioctl(socket.get(), SIOCGIFNAME, &request) != 0) {
        return std::nullopt;
    }
    std::string name(request.ifr_name, ::strnlen(request.ifr_name, sizeof request.ifr_name));
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0 ||
        (static_cast<unsigned short>(request.ifr_flags) & (IFF_POINTOPOINT | IFF_NOARP)) == 0) {
        return std::nullopt;
    }
    return name;
}

Reach ask_for(const net::Address& to, TimePoint now) {
    if (to.family == 0) {
        return Reach::unknown;
    }
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket) {
        return reach_without_answer(errno);
    }
    const Result<RouteAnswer, int> way = query_kernel(socket, to, RouteQuery::resolved);
    if (!way) {
        return reach_without_answer(way.error());
    }
    if (way->is_of_this_machine) {
        return Reach::this_machine;
    }
    if (way->has_gateway) {
        return Reach::routed;
    }
    const Result<RouteAnswer, int> entry = query_kernel(socket, to, RouteQuery::entry);
    if (!entry || entry->prefix_bits > 8 * to.size()) {
        return Reach::on_link;
    }
    if (entry->prefix_bits < limits::own_network_bits_min) {
        return Reach::routed;
    }
    const std::optional<std::string> line = name_of_line(socket, way->interface);
    return line && !has_address_in(*line, net::IpNetwork::around(to, entry->prefix_bits), now) ? Reach::routed
                                                                                               : Reach::on_link;
}

}  // namespace

Reach reach_of(const net::Address& to, TimePoint now) noexcept {
    try {
        return ask_for(to, now);
    } catch (const std::exception&) {  // no memory, or the interfaces could not be read
        return Reach::failed;
    }
}

Reach reach_without_answer(int error) noexcept {
    switch (error) {
        case EAFNOSUPPORT:  // a kernel or a sandbox without rtnetlink, or without this request
        case EPROTONOSUPPORT:
        case EOPNOTSUPP:
        case ENOSYS:
        case EPERM:
        case EACCES:  // also a route that prohibits it
        case ENETUNREACH:
        case EHOSTUNREACH:
        case EINVAL:  // a route that drops it
            return Reach::unknown;
        default:
            return Reach::failed;
    }
}

}  // namespace ferrotunnel::runtime
