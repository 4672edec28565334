#include "runtime/socket.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/limits.hpp"
#include "runtime/shared_listener.hpp"

namespace ferrotunnel::runtime {

namespace {

constexpr std::size_t pieces_max = 64;

std::error_code last_error() noexcept {
    return {errno, std::system_category()};
}

std::error_code set_option(int fd, int level, int name, int value) noexcept {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0 ? std::error_code() : last_error();
}

bool would_block(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK;
}

IoResult failure(std::size_t bytes = 0) noexcept {
    if (would_block(errno)) {
        return {bytes, IoStatus::would_block, {}};
    }
    return {bytes, IoStatus::error, last_error()};
}

// Turns pacing off for connections within this machine. If BBR is the system's default, a timer paces every connection,
// even a local one, where it costs a third of all CPU time and protects nothing. It can be changed only before a
// connection is made; accepted connections inherit it from their listener. docs/performance.md has the measurement.
void unpace_if_local(int fd, const SocketAddress& end) noexcept {
    static const bool default_paces = [fd] {
        char name[16] = {};  // TCP_CA_NAME_MAX
        socklen_t size = sizeof name;
        return ::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) == 0 &&
               std::string_view(name).starts_with("bbr");
    }();
    if (default_paces && end.is_loopback()) {
        ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
    }
}

// The result of a call, repeated until no signal interrupts it.
template <typename Call>
ssize_t uninterrupted(Call call) noexcept {
    ssize_t result = 0;
    do {
        result = call();
    } while (result < 0 && errno == EINTR);
    return result;
}

IoResult read_result(ssize_t got) noexcept {
    if (got > 0) {
        return {static_cast<std::size_t>(got), IoStatus::ok, {}};
    }
    return got == 0 ? IoResult{0, IoStatus::eof, {}} : failure();
}

IoResult write_result(ssize_t sent, std::size_t wanted) noexcept {
    if (sent < 0) {
        return failure();
    }
    auto bytes = static_cast<std::size_t>(sent);
    return {bytes, bytes == wanted ? IoStatus::ok : IoStatus::would_block, {}};
}

template <typename Get>
SocketAddress address_by(int fd, Get get) noexcept {
    sockaddr_storage raw{};
    socklen_t length = sizeof raw;
    if (get(fd, reinterpret_cast<sockaddr*>(&raw), &length) != 0) {
        return {};
    }
    return {reinterpret_cast<const sockaddr*>(&raw), length};
}

}  // namespace

Fd copy_of(int fd) noexcept {
    return Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

void Fd::reset(int fd) noexcept {
    if (fd_ >= 0) {
        ::close(fd_);
    }
    fd_ = fd;
}

Fd start_connect(const SocketAddress& to, std::error_code& error) noexcept {
    error.clear();
    Fd fd(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd) {
        unpace_if_local(fd.get(), to);
    }
    if (!fd || (::connect(fd.get(), to.raw(), to.raw_size()) != 0 && errno != EINPROGRESS)) {
        error = last_error();
        return {};
    }
    return fd;
}

Fd connect_unix(std::string_view path, std::error_code& error) noexcept {
    error.clear();
    sockaddr_un address{};
    static_assert(sizeof address.sun_path == unix_path_max + 1);
    if (path.size() > unix_path_max) {
        error = std::make_error_code(std::errc::filename_too_long);
        return {};
    }
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        error = last_error();
        return {};
    }
    return fd;
}

namespace {

Fd listen_at(const SocketAddress& at, std::error_code& error, int backlog, bool shares) noexcept {
    error.clear();
    Fd fd(::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd) {
        set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
        if (shares) {
            set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
        }
        unpace_if_local(fd.get(), at);
        if (at.family() == AF_INET6) {
            set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, at.is_unspecified() ? 0 : 1);
        }
    }
    if (!fd && errno == EAFNOSUPPORT && at.family() == AF_INET6 && at.is_unspecified()) {
        return listen_at(*SocketAddress::from_ip("0.0.0.0", at.port()), error, backlog,
                         shares);  // a machine without IPv6
    }
    if (!fd || ::bind(fd.get(), at.raw(), at.raw_size()) != 0 || ::listen(fd.get(), backlog) != 0) {
        error = last_error();
        return {};
    }
    return fd;
}

}  // namespace

Fd listen_on(const SocketAddress& at, std::error_code& error, int backlog) noexcept {
    return listen_at(at, error, backlog, false);
}

Fd listen_beside(const SocketAddress& at, std::error_code& error, int backlog) noexcept {
    return listen_at(at, error, backlog, true);
}

Fd accept_from(int listener, SocketAddress& peer, std::error_code& error) noexcept {
    error.clear();
    sockaddr_storage raw{};
    socklen_t length = sizeof raw;
    Fd fd(::accept4(listener, reinterpret_cast<sockaddr*>(&raw), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
        error = last_error();
        return {};
    }
    peer = SocketAddress(reinterpret_cast<const sockaddr*>(&raw), length);
    return fd;
}

std::pair<Fd, Fd> socket_pair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
        throw std::system_error(last_error(), "socketpair");
    }
    return {Fd(fds[0]), Fd(fds[1])};
}

SocketAddress local_address(int fd) noexcept {
    return address_by(fd, ::getsockname);
}
SocketAddress peer_address(int fd) noexcept {
    return address_by(fd, ::getpeername);
}

std::error_code set_no_delay(int fd, bool on) noexcept {
    return set_option(fd, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

std::error_code set_unsent_low_water(int fd, std::uint32_t bytes) noexcept {
    return set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(bytes));
}

std::error_code set_keepalive(int fd, std::chrono::seconds idle) noexcept {
    const std::error_code on = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    const std::error_code after = set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(idle.count()));
    return on ? on : after;
}

std::error_code set_keepalive(int fd, std::chrono::seconds idle, std::chrono::seconds interval, int probes) noexcept {
    std::error_code first = set_keepalive(fd, idle);
    for (std::error_code error : {set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(interval.count())),
                                  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, probes)}) {
        first = first ? first : error;
    }
    return first;
}

std::error_code set_user_timeout(int fd, std::chrono::milliseconds timeout) noexcept {
    return set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(timeout.count()));
}

std::error_code socket_error(int fd) noexcept {
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) {
        return last_error();
    }
    return {error, std::system_category()};
}

// A single piece needs no vector, which the kernel would have to fetch and check.
IoResult read_some(int fd, std::span<const MutableBytes> into) noexcept {
    if (into.size() == 1) {
        return read_some(fd, into.front());
    }
    iovec vectors[pieces_max];
    std::size_t count = std::min(into.size(), pieces_max);
    for (std::size_t i = 0; i < count; ++i) {
        vectors[i] = {into[i].data(), into[i].size()};
    }
    return read_result(uninterrupted([&] { return ::readv(fd, vectors, static_cast<int>(count)); }));
}

IoResult read_some(int fd, MutableBytes into) noexcept {
    return read_result(uninterrupted([&] { return ::recv(fd, into.data(), into.size(), 0); }));
}

IoResult write_some(int fd, std::span<const Bytes> pieces) noexcept {
    if (pieces.size() == 1) {
        return write_some(fd, pieces.front());
    }
    iovec vectors[pieces_max];
    msghdr message{};
    message.msg_iov = vectors;
    std::size_t count = std::min(pieces.size(), pieces_max);
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < count; ++i) {
        // allowed: an iovec serves reading too, so it has no const
        vectors[i] = {const_cast<std::uint8_t*>(pieces[i].data()), pieces[i].size()};
        wanted += pieces[i].size();
    }
    message.msg_iovlen = count;
    return write_result(uninterrupted([&] { return ::sendmsg(fd, &message, MSG_NOSIGNAL); }), wanted);
}

IoResult write_some(int fd, Bytes bytes) noexcept {
    return write_result(uninterrupted([&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); }),
                        bytes.size());
}

std::uint32_t unacknowledged_bytes(int fd) noexcept {
    int bytes = 0;
    if (::ioctl(fd, SIOCOUTQ, &bytes) != 0) {
        return 0;
    }
    return static_cast<std::uint32_t>(bytes);
}

std::error_code shutdown_send(int fd) noexcept {
    return ::shutdown(fd, SHUT_WR) == 0 ? std::error_code() : last_error();
}

void reset_close(Fd fd) noexcept {
    linger at_once{1, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd.reset();
}

std::uint64_t descriptors_for_visitors(std::uint64_t part) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return UINT64_MAX;
    }
    return limit.rlim_cur - std::min<std::uint64_t>(limit.rlim_cur / 8, limits::descriptors_reserved_max) / part;
}

}  // namespace ferrotunnel::runtime
