#include "sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace load {

void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

void fail_plainly(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(1);
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

sockaddr_in address_of(const std::string& place) {
    std::size_t colon = place.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::string host = colon == std::string::npos || colon == 0 ? "127.0.0.1" : place.substr(0, colon);
    int port = std::atoi(place.c_str() + (colon == std::string::npos ? 0 : colon + 1));
    if (port <= 0 || port > 65535 || inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
        std::fprintf(stderr, "%s: not an IPv4 address and a port\n", place.c_str());
        std::exit(2);
    }
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

int try_connect(const sockaddr_in& address) {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        int error = errno;
        ::close(fd);
        errno = error;
        return -1;
    }
    set_nodelay(fd);
    timeval limit{patience.count(), 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

int connect_to(const sockaddr_in& address) {
    int fd = try_connect(address);
    if (fd < 0) {
        fail("connect");
    }
    return fd;
}

void set_nonblocking(int fd) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void set_nodelay(int fd) {
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool write_all(int fd, const char* data, std::size_t size) {
    while (size > 0) {
        ssize_t n = ::send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        data += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

bool read_all(int fd, char* data, std::size_t size) {
    while (size > 0) {
        ssize_t n = ::recv(fd, data, size, 0);
        if (n <= 0) {
            if (n == 0) {
                errno = ECONNRESET;
            }
            return false;
        }
        data += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

}  // namespace load
