// Listening sockets on their way from a session that rotates to its successor: visitors who come meanwhile wait in the
// kernel's backlog, and nobody is refused.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "runtime/socket.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::tunnel {

/// Any thread. Keyed by who left the socket there, so that nobody takes what another client left.
class ListenerHandover {
public:
    using Client = std::pair<wire::TokenId, wire::InstanceId>;

    void leave(const Client& from, runtime::Fd listener) {
        std::uint16_t port = runtime::local_address(listener.get()).port();
        std::lock_guard lock(mutex_);
        left_.insert_or_assign({from, port}, std::move(listener));
    }

    /// The socket that this client's earlier session left for the port, or an empty one.
    runtime::Fd take(const Client& client, std::uint16_t port) {
        std::lock_guard lock(mutex_);
        auto found = left_.extract({client, port});
        return found ? std::move(found.mapped()) : runtime::Fd();
    }

    bool holds_any(const Client& client) {
        std::lock_guard lock(mutex_);
        return std::any_of(left_.begin(), left_.end(), [&](const auto& entry) { return entry.first.first == client; });
    }

    /// Closes what was not taken: visitors are refused there from now on.
    void drop(const Client& client) {
        std::lock_guard lock(mutex_);
        std::erase_if(left_, [&](const auto& entry) { return entry.first.first == client; });
    }

private:
    std::mutex mutex_;
    std::map<std::pair<Client, std::uint16_t>, runtime::Fd> left_;
};

}  // namespace ferrotunnel::tunnel
