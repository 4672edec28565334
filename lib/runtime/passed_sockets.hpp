// Listening sockets passed on by another process, which this one replaces, or by a service manager.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/mutex.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {

/// A socket with its purpose as named by its sender: "clients", for example, or empty.
struct NamedSocket {
    Fd socket;
    std::string name;
    bool is_kept = false;  // a service manager has another descriptor of it, and no process accepts on it
};

/// Sockets wait here until the process listens at their address. Visitors that arrive meanwhile wait in the kernel.
/// Thread-safe.
class PassedSockets {
public:
    PassedSockets() = default;
    PassedSockets(const PassedSockets&) = delete;
    PassedSockets& operator=(const PassedSockets&) = delete;

    /// Sockets other than IP sockets that listen, or receive datagrams, are closed. They are made non-blocking, and
    /// close-on-exec.
    void add(std::vector<NamedSocket> sockets);
    /// Binds a UDP socket that waits here like one that was passed on; does nothing if there is one. False if it cannot
    /// be bound.
    bool keep_datagrams(const SocketAddress& at);
    std::size_t size() const;
    /// Number of changes to the set of waiting sockets so far.
    std::uint64_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }
    /// Copies of all that wait here.
    std::vector<NamedSocket> copies() const;
    /// Closes those that were not used.
    void clear() noexcept;

    /// Like runtime::listen_on, with the socket that listens there already, if one was passed on; with port 0 that of
    /// this name. A waiting socket that has the port on another IP address, and would make the call fail, is closed;
    /// one that a service manager keeps stops listening, which the manager sees.
    Fd listen_on(const SocketAddress& at, std::error_code& error, std::string_view name = {}, int backlog = 4096);
    /// Like listen_on(), for runtime::bind_datagrams.
    Fd bind_datagrams(const SocketAddress& at, std::error_code& error);

private:
    using Sockets = std::vector<NamedSocket>;

    Sockets::iterator find(const SocketAddress& at, bool datagrams, std::string_view name) REQUIRES(mutex_);
    Fd take(const SocketAddress& at, bool datagrams, std::string_view name);
    bool close_those_at(std::uint16_t port, bool datagrams);

    mutable Mutex mutex_;
    Sockets sockets_ GUARDED_BY(mutex_);
    std::atomic<std::uint64_t> changes_{0};  // changed with the lock
};

}  // namespace ferrotunnel::runtime
