// Passing of sockets from one process to another over a Unix socket (SCM_RIGHTS).
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {
namespace {

/// Room for the descriptors of one message.
struct alignas(cmsghdr) DescriptorControl {
    std::array<char, CMSG_SPACE(sockets_sent_max * sizeof(int))> bytes;
};

IoResult result_of(ssize_t count) noexcept {
    if (count >= 0) {
        return {static_cast<std::size_t>(count), count > 0 ? IoStatus::ok : IoStatus::eof, {}};
    }
    if (errno == EAGAIN || errno == EINTR) {
        return {0, IoStatus::would_block, {}};
    }
    return {0, IoStatus::error, {errno, std::system_category()}};
}

}  // namespace

IoResult send_with_sockets(int fd, Bytes bytes, const std::vector<Fd>& sockets) noexcept {
    std::array<int, sockets_sent_max> numbers{};
    const std::size_t count = std::min(sockets.size(), sockets_sent_max);
    std::transform(sockets.begin(), sockets.begin() + static_cast<std::ptrdiff_t>(count), numbers.begin(),
                   [](const Fd& socket) { return socket.get(); });
    DescriptorControl control{};
    // allowed: an iovec serves reading too, so it has no const
    iovec piece{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (count != 0) {
        message.msg_control = control.bytes.data();
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        cmsghdr* const head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(count * sizeof(int));
        std::memcpy(CMSG_DATA(head), numbers.data(), count * sizeof(int));
    }
    return result_of(::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
}

IoResult read_with_sockets(int fd, MutableBytes into, std::vector<Fd>& sockets) {
    sockets.reserve(sockets.size() + sockets_sent_max);  // so that none is lost for lack of memory
    DescriptorControl control{};
    iovec piece{into.data(), into.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    const IoResult result = result_of(::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    if (result.status != IoStatus::ok) {
        return result;
    }
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(head) + i * sizeof(int), sizeof number);
            sockets.emplace_back(number);
        }
    }
    return result;
}

}  // namespace ferrotunnel::runtime
