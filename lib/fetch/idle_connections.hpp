// Connections kept for the next request to the same destination.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "base/clock.hpp"
#include "fetch/connection.hpp"
#include "fetch/message.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::fetch {

/// Lives on its worker. At most idle_connections_max, each for idle_time.
class IdleConnections {
public:
    explicit IdleConnections(runtime::Worker& worker);
    IdleConnections(const IdleConnections&) = delete;
    IdleConnections& operator=(const IdleConnections&) = delete;

    /// The connection to `to` that was used last, resting; null without one.
    std::unique_ptr<Connection> take(const Destination& to);
    /// Keeps an open connection whose response is complete.
    void keep(const Destination& to, std::unique_ptr<Connection> connection);
    /// The number of connections that could be taken.
    std::size_t size() const noexcept;

private:
    struct Entry {
        Destination to;
        std::unique_ptr<Connection> connection;
        TimePoint until;
    };

    void close_old();

    runtime::Worker& worker_;
    std::deque<Entry> entries_;  // the oldest first
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::fetch
