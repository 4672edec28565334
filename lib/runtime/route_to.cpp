#include "runtime/route_to.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <span>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/route_message.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {
namespace {

// The kernel answers within sendto(), so what does not wait here does not come.
Result<RouteAnswer, int> ask_kernel(const Fd& socket, const net::Address& to, RouteQuestion question) {
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

Reach ask_for(const net::Address& to) {
    if (to.family == 0) {
        return Reach::unknown;
    }
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket) {
        return reach_without_answer(errno);
    }
    const Result<RouteAnswer, int> way = ask_kernel(socket, to, RouteQuestion::resolved);
    if (!way) {
        return reach_without_answer(way.error());
    }
    if (way->is_of_this_machine) {
        return Reach::this_machine;
    }
    if (way->has_gateway) {
        return Reach::routed;
    }
    const Result<RouteAnswer, int> entry = ask_kernel(socket, to, RouteQuestion::entry);
    return entry && entry->prefix_bits < limits::own_network_bits_min ? Reach::routed : Reach::on_link;
}

}  // namespace

Reach reach_of(const net::Address& to) noexcept {
    try {
        return ask_for(to);
    } catch (const std::exception&) {  // no memory
        return Reach::failed;
    }
}

Reach reach_without_answer(int error) noexcept {
    switch (error) {
        case EAFNOSUPPORT:  // a kernel or a sandbox without rtnetlink, or without this question
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
