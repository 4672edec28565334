#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <list>
#include <string_view>
#include <utility>

#include "epoll.hpp"
#include "hostile.hpp"

namespace e2e::hostile {

namespace {

constexpr std::size_t chunk = 256 * 1024;
constexpr int small_buffer = 4096;
constexpr std::size_t held_max = 16'000;
constexpr std::uint64_t endless = 1ULL << 40;

enum class Role { unknown, pouring, echoing, hanging, answering };

struct Connection {
    Socket socket;
    Role role = Role::unknown;
    std::uint64_t left = 0;  // bytes that are still to be poured
    std::string head;        // of an answer; sent before those bytes
    std::list<Connection>::iterator self;
};

bool begins_with(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

std::string answer_head(std::uint64_t length) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

class Backend {
public:
    Backend(const std::string& port_file, std::uint16_t port, bool is_hostile, std::uint64_t pour)
        : listener_(listen_on({"127.0.0.1", port})), hostile_(is_hostile), pour_(pour), bytes_(chunk, 'x') {
        if (hostile_) {
            (void)::setsockopt(listener_.get(), SOL_SOCKET, SO_RCVBUF, &small_buffer, sizeof small_buffer);
        }
        set_nonblocking(listener_);
        epoll_.add(listener_, EPOLLIN, nullptr);
        write_file(port_file, std::to_string(port_of(listener_)));
    }

    [[noreturn]] void run() {
        while (true) {
            epoll_.wait(-1, [this](void* who, std::uint32_t events) {
                if (who == nullptr) {
                    accept();
                } else {
                    serve(*static_cast<Connection*>(who), events);
                }
            });
            gone_.clear();
        }
    }

private:
    void accept() {
        int fd = -1;
        while ((fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
            Connection& connection = held_.emplace_back();
            connection.self = std::prev(held_.end());
            connection.socket = Socket(fd);
            if (hostile_) {
                (void)::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small_buffer, sizeof small_buffer);
            }
            epoll_.add(connection.socket, EPOLLIN, &connection);
        }
        // A backend that hangs never notices that its connections are over, so the oldest make room.
        while (held_.size() > held_max) {
            end(held_.front());
        }
    }

    void end(Connection& connection) {
        connection.socket.close();
        gone_.splice(gone_.end(), held_, connection.self);
    }

    void serve(Connection& connection, std::uint32_t events) {
        if (!connection.socket.is_open()) {
            return;
        }
        const bool alive = (events & (EPOLLERR | EPOLLHUP)) == 0 &&
                           ((events & EPOLLOUT) != 0 ? send_more(connection) : take(connection));
        if (!alive) {
            end(connection);
        }
    }

    // False when the connection is over.
    bool take(Connection& connection) {
        std::array<char, 8192> buffer;
        const ssize_t n = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
        if (n <= 0) {
            return n < 0 && errno == EAGAIN;
        }
        const std::string_view text(buffer.data(), static_cast<std::size_t>(n));
        if (connection.role == Role::unknown || connection.role == Role::answering) {
            decide(connection, text);
        }
        if (connection.role == Role::echoing) {
            return ::send(connection.socket.get(), text.data(), text.size(), MSG_NOSIGNAL) == n;
        }
        return true;
    }

    void decide(Connection& connection, std::string_view text) {
        const std::size_t path_at = text.find(' ') + 1;
        const std::string_view path = text.substr(std::min(path_at, text.size()));
        const bool is_http = path_at > 3;
        if (is_http && begins_with(path, bytes_path)) {
            connection.role = Role::answering;
            const std::string_view number = path.substr(std::strlen(bytes_path));
            begin(connection, parse_number(std::string(number.substr(0, number.find(' ')))), true);
        } else if (is_http && begins_with(path, pour_path)) {
            connection.role = Role::pouring;
            connection.head = answer_head(endless);
            begin(connection, pour_, false);
        } else if (!is_http && begins_with(text, {&pours, 1})) {
            connection.role = Role::pouring;
            begin(connection, pour_, false);
        } else if (!is_http && begins_with(text, {&echoes, 1})) {
            connection.role = Role::echoing;
        } else {
            connection.role = Role::hanging;
            epoll_.change(connection.socket, 0, &connection);
        }
    }

    void begin(Connection& connection, std::uint64_t bytes, bool with_head) {
        if (with_head) {
            connection.head = answer_head(bytes);
        }
        connection.left = bytes;
        epoll_.change(connection.socket, EPOLLOUT, &connection);
    }

    bool send_more(Connection& connection) {
        const bool heads = !connection.head.empty();
        const char* data = heads ? connection.head.data() : bytes_.data();
        const std::size_t size =
            heads ? connection.head.size() : static_cast<std::size_t>(std::min<std::uint64_t>(connection.left, chunk));
        const int more = heads && connection.left > 0 ? MSG_MORE : 0;
        const ssize_t n = size == 0 ? 0 : ::send(connection.socket.get(), data, size, MSG_NOSIGNAL | more);
        if (n < 0) {
            return errno == EAGAIN;
        }
        if (heads) {
            connection.head.erase(0, static_cast<std::size_t>(n));
        } else {
            connection.left -= static_cast<std::uint64_t>(n);
        }
        if (connection.head.empty() && connection.left == 0) {
            epoll_.change(connection.socket, EPOLLIN, &connection);
        }
        return true;
    }

    Epoll epoll_;
    Socket listener_;
    bool hostile_;
    std::uint64_t pour_;
    std::string bytes_;
    std::list<Connection> held_;  // oldest first
    std::list<Connection> gone_;  // kept until the events of this round are handled
};

}  // namespace

void serve(const std::string& port_file, std::uint16_t port, bool is_hostile, std::uint64_t pour) {
    Backend(port_file, port, is_hostile, pour).run();
}

}  // namespace e2e::hostile
