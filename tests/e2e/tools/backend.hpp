// A backend of the end-to-end tests: a listener whose connections have a thread each.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>

#include "socket.hpp"

namespace e2e {

class Backend {
public:
    using Serve = std::function<void(Socket&, int connection)>;

    /// Port 0: the system chooses.
    Backend(std::uint16_t port, Serve serve);
    /// Accepts no more; does not wait for connections that are still open.
    ~Backend();
    std::uint16_t port() const { return port_of(listener_); }
    std::size_t connections_ever() const { return ever_; }
    /// Waits until no connection is left: the edge closes those that it does not need. False if some stay.
    bool wait_until_alone() const;

private:
    void accept_all();

    Socket listener_;
    Serve serve_;
    std::atomic<std::size_t> now_{0};
    std::atomic<std::size_t> ever_{0};
    std::thread acceptor_;
};

}  // namespace e2e
