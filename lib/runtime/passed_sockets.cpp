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
    const std::lock_guard lock(mutex_);
    std::move(sockets.begin(), sockets.end(), std::back_inserter(sockets_));
}

std::size_t PassedSockets::size() const {
    const std::lock_guard lock(mutex_);
    return sockets_.size();
}

void PassedSockets::clear() noexcept {
    std::vector<NamedSocket> unused;
    const std::lock_guard lock(mutex_);
    unused.swap(sockets_);
}

Fd PassedSockets::take(const SocketAddress& at, bool datagrams, std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto is_it = [&](const NamedSocket& one) {
        return is_datagrams(one.socket) == datagrams &&
               (at.port() == 0 ? !name.empty() && one.name == name
                               : local_address(one.socket.get()).text() == at.text());
    };
    const auto found = std::find_if(sockets_.begin(), sockets_.end(), is_it);
    if (found == sockets_.end()) {
        return {};
    }
    Fd taken = std::move(found->socket);
    sockets_.erase(found);
    return taken;
}

Fd PassedSockets::listen_on(const SocketAddress& at, std::error_code& error, std::string_view name, int backlog) {
    Fd passed = take(at, false, name);
    return passed ? std::move(passed) : runtime::listen_on(at, error, backlog);
}

Fd PassedSockets::bind_datagrams(const SocketAddress& at, std::error_code& error) {
    Fd passed = take(at, true, {});
    return passed ? std::move(passed) : runtime::bind_datagrams(at, error);
}

}  // namespace ferrotunnel::runtime
