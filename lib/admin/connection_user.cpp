#include "admin/connection_user.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "runtime/socket.hpp"

namespace ferrotunnel::admin {
namespace {

constexpr std::uint8_t established = 1;  // TCP_ESTABLISHED; its header conflicts with linux/tcp.h

struct SocketQuestion {
    nlmsghdr header{};
    inet_diag_req_v2 about{};
};

struct SocketReply {
    nlmsghdr header{};
    inet_diag_msg socket{};
};

void put_address(const runtime::SocketAddress& address, __be32 (&into)[4], __be16& port) noexcept {
    if (address.family() == AF_INET6) {
        const auto* six = reinterpret_cast<const sockaddr_in6*>(address.raw());
        std::memcpy(into, &six->sin6_addr, sizeof six->sin6_addr);
    } else {
        const auto* four = reinterpret_cast<const sockaddr_in*>(address.raw());
        std::memcpy(into, &four->sin_addr, sizeof four->sin_addr);
    }
    port = htons(address.port());
}

}  // namespace

// Requests a single socket, by both of its addresses, so the cost does not depend on the number of sockets. A socket
// that its process has closed counts as root's: only one that is established and has a file is believed.
std::optional<uid_t> user_of_connection(const runtime::SocketAddress& theirs,
                                        const runtime::SocketAddress& ours) noexcept {
    if (theirs.empty() || theirs.family() != ours.family()) {
        return std::nullopt;
    }
    SocketQuestion question;
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.header.nlmsg_flags = NLM_F_REQUEST;
    question.about.sdiag_family = static_cast<__u8>(theirs.family());
    question.about.sdiag_protocol = IPPROTO_TCP;
    question.about.idiag_states = ~0U;
    put_address(theirs, question.about.id.idiag_src, question.about.id.idiag_sport);
    put_address(ours, question.about.id.idiag_dst, question.about.id.idiag_dport);
    question.about.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    question.about.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;

    const runtime::Fd kernel(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG));
    if (!kernel || ::send(kernel.get(), &question, sizeof question, 0) != static_cast<ssize_t>(sizeof question)) {
        return std::nullopt;
    }
    SocketReply reply;
    // More than this may arrive; the rest is irrelevant.
    if (::recv(kernel.get(), &reply, sizeof reply, 0) < static_cast<ssize_t>(sizeof reply) ||
        reply.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || reply.socket.idiag_state != established ||
        reply.socket.idiag_inode == 0 || reply.socket.id.idiag_dport != question.about.id.idiag_dport) {
        return std::nullopt;
    }
    return reply.socket.idiag_uid;
}

}  // namespace ferrotunnel::admin
