// The backend: what the tunnels' clients connect to. Echoes, of which there may be ten thousand, share one loop; bulk
// transfers share a loop on a thread of its own, so that an echo beside a transfer waits for the tunnel and not for us.
// Datagrams to the same port have a third one.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <thread>

#include "commands.hpp"
#include "datagrams.hpp"
#include "requests.hpp"
#include "sockets.hpp"

namespace load {

namespace {

struct Transfer {
    int fd;
    char what;
    std::uint64_t left;
};

void watch(int epoll, int change, int fd, std::uint32_t events, epoll_data_t data) {
    epoll_event event{};
    event.events = events;
    event.data = data;
    ::epoll_ctl(epoll, change, fd, &event);
}

class BulkLoop {
public:
    BulkLoop() : epoll_(::epoll_create1(0)), buffer_(buffer_bytes, 'x') {}

    // Callable from the other loop's thread.
    void add(int fd, const Header& header) {
        auto* transfer = new Transfer{fd, header[0], length_of(header)};
        set_nonblocking(fd);
        epoll_data_t data;
        data.ptr = transfer;
        watch(epoll_, EPOLL_CTL_ADD, fd, transfer->what == download ? EPOLLOUT : EPOLLIN, data);
    }

    [[noreturn]] void run() {
        std::vector<epoll_event> events(64);
        while (true) {
            int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < count; ++i) {
                auto* transfer = static_cast<Transfer*>(events[static_cast<std::size_t>(i)].data.ptr);
                if (!step(*transfer)) {
                    ::close(transfer->fd);
                    delete transfer;
                }
            }
        }
    }

private:
    // One buffer at a time, so that the streams take turns. False once the connection is over.
    bool step(Transfer& transfer) {
        std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(transfer.left, buffer_.size()));
        if (size == 0) {
            // All is done: the visitor closes first.
            char rest;
            ssize_t n = ::recv(transfer.fd, &rest, 1, 0);
            return n > 0 || (n < 0 && errno == EAGAIN);
        }
        ssize_t n = transfer.what == download ? ::send(transfer.fd, buffer_.data(), size, MSG_NOSIGNAL)
                                              : ::recv(transfer.fd, buffer_.data(), size, 0);
        if (n <= 0) {
            return n < 0 && errno == EAGAIN;
        }
        transfer.left -= static_cast<std::uint64_t>(n);
        if (transfer.left == 0) {
            finish(transfer);
        }
        return true;
    }

    void finish(Transfer& transfer) {
        if (transfer.what == upload) {
            write_all(transfer.fd, "k", 1);
        }
        ::shutdown(transfer.fd, SHUT_WR);
        epoll_data_t data;
        data.ptr = &transfer;
        watch(epoll_, EPOLL_CTL_MOD, transfer.fd, EPOLLIN, data);
    }

    int epoll_;
    std::vector<char> buffer_;
};

void serve(int epoll, int fd, BulkLoop& transfers) {
    char buffer[4096];
    Header header;
    ssize_t n = ::recv(fd, header.data(), header.size(), MSG_PEEK | MSG_DONTWAIT);
    if (n == static_cast<ssize_t>(header_bytes) && (header[0] == download || header[0] == upload)) {
        (void)::recv(fd, header.data(), header.size(), 0);
        ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
        transfers.add(fd, header);
        return;
    }
    n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0) {
        write_all(fd, buffer, static_cast<std::size_t>(n));
    } else if (n == 0 || errno != EAGAIN) {
        ::close(fd);
    }
}

int listen_on(const std::string& place) {
    int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = address_of(place);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 4096) != 0) {
        fail("listen");
    }
    return listener;
}

}  // namespace

int backend(const std::string& place) {
    int listener = listen_on(place);
    int epoll = ::epoll_create1(0);
    epoll_data_t data;
    data.fd = listener;
    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, data);
    BulkLoop transfers;
    std::thread([&] { transfers.run(); }).detach();
    const int datagrams = datagram_socket(address_of(place), true);
    std::thread([datagrams] { serve_datagrams(datagrams); }).detach();
    std::vector<epoll_event> events(256);
    while (true) {
        int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd != listener) {
                serve(epoll, fd, transfers);
                continue;
            }
            int visitor = ::accept(listener, nullptr, nullptr);
            if (visitor >= 0) {
                set_nodelay(visitor);
                data.fd = visitor;
                watch(epoll, EPOLL_CTL_ADD, visitor, EPOLLIN, data);
            }
        }
    }
}

}  // namespace load
