#include "socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

namespace e2e {
namespace {

sockaddr_in to_system(const Address& address) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(address.port);
    if (::inet_pton(AF_INET, address.host.c_str(), &result.sin_addr) != 1) {
        die("no IPv4 address: " + address.host);
    }
    return result;
}

Socket new_socket(bool nonblocking) {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0));
    if (!socket.is_open()) {
        die_errno("socket");
    }
    const int yes = 1;
    (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return socket;
}

int connect_socket(const Socket& socket, const Address& to, const std::string& from) {
    if (!from.empty()) {
        // The port is chosen only when the peer is known, so that it may be in use towards another peer.
        const int yes = 1;
        (void)::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        const sockaddr_in source = to_system({from, 0});
        if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
            die_errno("bind " + from);
        }
    }
    const sockaddr_in target = to_system(to);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target);
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
    close();
    fd_ = other.release();
    return *this;
}

int Socket::release() {
    return std::exchange(fd_, -1);
}

void Socket::close() {
    if (fd_ >= 0) {
        ::close(release());
    }
}

void Socket::reset() {
    const linger at_once{1, 0};
    (void)::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void die(const std::string& what) {
    std::fprintf(stderr, "error: %s\n", what.c_str());
    std::exit(2);
}

void die_errno(const std::string& what) {
    die(what + ": " + std::strerror(errno));
}

Address parse_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) {
        die("no address: " + text);
    }
    return {text.substr(0, colon), static_cast<std::uint16_t>(parse_number(text.substr(colon + 1)))};
}

std::uint64_t parse_number(const std::string& text) {
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        die("no number: \"" + text + "\"");
    }
    return number;
}

Socket listen_on(const Address& address, int backlog) {
    Socket socket = new_socket(false);
    const int yes = 1;
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in at = to_system(address);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(socket.get(), backlog) != 0) {
        die_errno("listen on " + address.host + ":" + std::to_string(address.port));
    }
    return socket;
}

std::uint16_t port_of(const Socket& socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        die_errno("getsockname");
    }
    return ntohs(address.sin_port);
}

bool can_bind(std::uint16_t port) {
    Socket socket = new_socket(false);
    const sockaddr_in at = to_system({"0.0.0.0", port});
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

Socket try_connect(const Address& to, const std::string& from) {
    Socket socket = new_socket(false);
    return connect_socket(socket, to, from) == 0 ? std::move(socket) : Socket();
}

Socket connect_to(const std::string& address) {
    Socket socket = try_connect(parse_address(address));
    if (!socket.is_open()) {
        die_errno("connect to " + address);
    }
    return socket;
}

Socket begin_connect(const Address& to, const std::string& from, int receive_buffer) {
    Socket socket = new_socket(true);
    if (receive_buffer > 0) {
        (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    return connect_socket(socket, to, from) == 0 || errno == EINPROGRESS ? std::move(socket) : Socket();
}

int pending_error(const Socket& socket) {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void set_nonblocking(const Socket& socket) {
    if (::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK) != 0) {
        die_errno("fcntl");
    }
}

bool wait_for(const Socket& socket, short events, int milliseconds) {
    pollfd wanted{socket.get(), events, 0};
    const std::int64_t deadline = now_ms() + milliseconds;
    while (true) {
        const int left = milliseconds < 0 ? -1 : static_cast<int>(std::max<std::int64_t>(deadline - now_ms(), 0));
        const int ready = ::poll(&wanted, 1, left);
        if (ready >= 0 || errno != EINTR) {
            return ready > 0;
        }
    }
}

std::size_t unconfirmed(const Socket& socket) {
    int bytes = 0;
    return ::ioctl(socket.get(), SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void sleep_ms(std::int64_t milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

void write_file(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    std::FILE* file = std::fopen(beside.c_str(), "we");
    if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fclose(file) != 0 ||
        std::rename(beside.c_str(), path.c_str()) != 0) {
        die_errno("write " + path);
    }
}

}  // namespace e2e
