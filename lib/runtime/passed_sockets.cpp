#include "runtime/passed_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/datagram_socket.hpp"

namespace ferrotunnel::runtime {
namespace {

int option_of(const Fd& socket, int name) noexcept {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(socket.get(), SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bool is_datagrams(const Fd& socket) noexcept {
    return option_of(socket, SO_TYPE) == SOCK_DGRAM;
}

bool is_useful(const Fd& socket) noexcept {
    const bool listens = option_of(socket, SO_TYPE) == SOCK_STREAM && option_of(socket, SO_ACCEPTCONN) == 1;
    return (listens || is_datagrams(socket)) && !local_address(socket.get()).empty();
}

}  // namespace

void PassedSockets::add(std::vector<NamedSocket> sockets) {
    std::erase_if(sockets, [](const NamedSocket& one) { return !is_useful(one.socket); });
    for (const NamedSocket& one : sockets) {
        (void)::fcntl(one.socket.get(), F_SETFD, FD_CLOEXEC);
        (void)::fcntl(one.socket.get(), F_SETFL, ::fcntl(one.socket.get(), F_GETFL) | O_NONBLOCK);
    }
    const MutexLock lock(mutex_);
    std::move(sockets.begin(), sockets.end(), std::back_inserter(sockets_));
    ++changes_;
}

std::size_t PassedSockets::size() const {
    const MutexLock lock(mutex_);
    return sockets_.size();
}

std::vector<NamedSocket> PassedSockets::copies() const {
    std::vector<NamedSocket> copies;
    const MutexLock lock(mutex_);
    for (const NamedSocket& one : sockets_) {
        copies.push_back({copy_of(one.socket.get()), one.name});
    }
    return copies;
}

void PassedSockets::clear() noexcept {
    std::vector<NamedSocket> unused;
    const MutexLock lock(mutex_);
    unused.swap(sockets_);
    ++changes_;
}

PassedSockets::Sockets::iterator PassedSockets::find(const SocketAddress& at, bool datagrams, std::string_view name) {
    const auto is_it = [&](const NamedSocket& one) {
        return is_datagrams(one.socket) == datagrams &&
               (at.port() == 0 ? !name.empty() && one.name == name
                               : local_address(one.socket.get()).text() == at.text());
    };
    return std::find_if(sockets_.begin(), sockets_.end(), is_it);
}

Fd PassedSockets::take(const SocketAddress& at, bool datagrams, std::string_view name) {
    const MutexLock lock(mutex_);
    const auto found = find(at, datagrams, name);
    if (found == sockets_.end()) {
        return {};
    }
    Fd taken = std::move(found->socket);
    sockets_.erase(found);
    ++changes_;
    return taken;
}

// The lock is held while it is bound: another caller finds the address free, or finds the socket.
bool PassedSockets::keep_datagrams(const SocketAddress& at) {
    const MutexLock lock(mutex_);
    if (find(at, true, {}) != sockets_.end()) {
        return true;
    }
    std::error_code error;
    Fd bound = runtime::bind_datagrams(at, error);
    const bool is_bound = static_cast<bool>(bound);
    if (is_bound) {
        sockets_.push_back({std::move(bound), {}});
        ++changes_;
    }
    return is_bound;
}

// False if there is none. Ending a socket that a service manager keeps is up to this process: a listening copy would
// hold the port.
bool PassedSockets::close_those_at(std::uint16_t port, bool datagrams) {
    const MutexLock lock(mutex_);
    const auto closed = port == 0 ? 0 : std::erase_if(sockets_, [&](const NamedSocket& one) {
        const bool is_in_way = is_datagrams(one.socket) == datagrams && local_address(one.socket.get()).port() == port;
        if (is_in_way && one.is_kept && !datagrams) {
            (void)::shutdown(one.socket.get(), SHUT_RDWR);
        }
        return is_in_way;
    });
    changes_ += closed;
    return closed != 0;
}

Fd PassedSockets::listen_on(const SocketAddress& at, std::error_code& error, std::string_view name, int backlog) {
    Fd socket = take(at, false, name);
    if (!socket) {
        socket = runtime::listen_on(at, error, backlog);
    }
    if (!socket && error == std::errc::address_in_use && close_those_at(at.port(), false)) {
        error.clear();
        socket = runtime::listen_on(at, error, backlog);
    }
    return socket;
}

Fd PassedSockets::bind_datagrams(const SocketAddress& at, std::error_code& error) {
    Fd socket = take(at, true, {});
    if (!socket) {
        socket = runtime::bind_datagrams(at, error);
    }
    if (!socket && error == std::errc::address_in_use && close_those_at(at.port(), true)) {
        error.clear();
        socket = runtime::bind_datagrams(at, error);
    }
    return socket;
}

}  // namespace ferrotunnel::runtime
