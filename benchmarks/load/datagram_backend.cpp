// The backend's UDP half: echoes, and counts of what has come, on a thread of its own.
#include <netinet/udp.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <unordered_map>

#include "datagrams.hpp"
#include "sockets.hpp"

namespace load {

DatagramBatch::DatagramBatch(std::size_t bytes) : bytes_(bytes), memory_(bytes * most, 'x') {
    for (std::size_t i = 0; i < most; ++i) {
        pieces_[i] = {data(i), bytes};
        messages_[i].msg_hdr.msg_iov = &pieces_[i];
        messages_[i].msg_hdr.msg_iovlen = 1;
    }
}

std::size_t DatagramBatch::receive(int fd) {
    for (std::size_t i = 0; i < most; ++i) {
        pieces_[i].iov_len = bytes_;
        messages_[i].msg_hdr.msg_name = &addresses_[i];
        messages_[i].msg_hdr.msg_namelen = sizeof addresses_[i];
    }
    const int count = ::recvmmsg(fd, messages_.data(), most, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < count; ++i) {
        pieces_[static_cast<std::size_t>(i)].iov_len = messages_[static_cast<std::size_t>(i)].msg_len;
    }
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::size_t DatagramBatch::send(int fd, std::size_t begin, std::size_t end) {
    std::size_t at = begin;
    while (at < end) {
        const int sent = ::sendmmsg(fd, &messages_[at], static_cast<unsigned>(end - at), MSG_DONTWAIT);
        if (sent <= 0 && errno != EINTR && errno != ECONNREFUSED) {
            break;
        }
        at += sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    return at - begin;
}

std::size_t DatagramBatch::send_joined(int fd, std::size_t count) {
    const auto bytes = static_cast<std::uint16_t>(pieces_[0].iov_len);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof bytes)> control{};
    cmsghdr head{};
    head.cmsg_level = SOL_UDP;
    head.cmsg_type = UDP_SEGMENT;
    head.cmsg_len = CMSG_LEN(sizeof bytes);
    std::memcpy(control.data(), &head, sizeof head);
    std::memcpy(control.data() + CMSG_LEN(0), &bytes, sizeof bytes);
    msghdr message{};
    message.msg_iov = pieces_.data();
    message.msg_iovlen = count;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    return ::sendmsg(fd, &message, MSG_DONTWAIT) > 0 ? count : 0;
}

void DatagramBatch::set_to(std::size_t i, const DatagramBatch& other, std::size_t from) {
    addresses_[i] = other.addresses_[from];
    messages_[i].msg_hdr.msg_name = &addresses_[i];
    messages_[i].msg_hdr.msg_namelen = sizeof addresses_[i];
}

int datagram_socket(const sockaddr_in& address, bool bound) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // What is lost is to be lost by tunnels. Without the right to more there is as much as the kernel gives everybody.
    const int bytes = 16 << 20;
    for (const int option : {SO_RCVBUF, SO_SNDBUF, SO_RCVBUFFORCE, SO_SNDBUFFORCE}) {
        ::setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes);
    }
    const auto* raw = reinterpret_cast<const sockaddr*>(&address);
    if (fd < 0 || (bound ? ::bind(fd, raw, sizeof address) : ::connect(fd, raw, sizeof address)) != 0) {
        fail("udp socket");
    }
    return fd;
}

namespace {

class Service {
public:
    explicit Service(int fd) : fd_(fd), came_(datagram_bytes_max), answers_(datagram_head_bytes) {}

    // False: nothing has come.
    bool step() {
        const std::size_t count = came_.receive(fd_);
        std::size_t accounts = 0;
        for (std::size_t i = 0; i < count; ++i) {
            std::size_t end = i;
            while (end < count && is_echo(end)) {
                came_.set_to(end, came_, end);
                ++end;
            }
            if (end > i) {
                came_.send(fd_, i, end);
                i = end - 1;
                continue;
            }
            const DatagramHead head = head_at(came_.data(i));
            Run& run = runs_[head.run];
            if (head.what == counted_datagram && head.size_or_count == came_.size(i)) {
                ++run.count;
                run.last = head.number;
            }
            if (head.what == question || run.count % answered_each == 0) {
                put(answers_.data(accounts), {account, head.run, run.last, run.count});
                answers_.set_size(accounts, datagram_head_bytes);
                answers_.set_to(accounts++, came_, i);
            }
        }
        answers_.send(fd_, 0, accounts);
        return count > 0;
    }

private:
    struct Run {
        std::uint64_t count = 0;
        std::uint64_t last = 0;
    };

    bool is_echo(std::size_t i) { return came_.size(i) < datagram_head_bytes || *came_.data(i) == echo_datagram; }

    int fd_;
    DatagramBatch came_, answers_;
    std::unordered_map<std::uint64_t, Run> runs_;
};

}  // namespace

void serve_datagrams(int fd) {
    Service service(fd);
    while (true) {
        pollfd waits{fd, POLLIN, 0};
        ::poll(&waits, 1, -1);
        while (service.step()) {
        }
    }
}

}  // namespace load
