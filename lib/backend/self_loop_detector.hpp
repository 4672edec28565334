// Finds visitors of a client's services that are connections of the client itself: a backend that is a public port of
// one of its own services would turn each visitor into another one, without end.
//
//   visitor --> public port --OPEN--> client --connects to its backend--> public port --OPEN, from the client--> loop
//
// A connection is identified by both its ends. The client sees its own end of what it dials, and a public port sees
// that end as the visitor's address, unless something in between hides it: the server finds such loops
// (trunk/loop_detector.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::backend {

/// The client's own connections to its public ports. Any thread: trunks on several workers dial and look up. Its memory
/// is bounded by the number of the client's connections.
class SelfLoopDetector : public std::enable_shared_from_this<SelfLoopDetector> {
public:
    /// Sets the public port of a service, as the server reported it; 0: none any more.
    void set_public_port(std::uint32_t service, std::uint16_t port);
    /// Sets the address of the server that this side of the link (0 or 1) is at, as the trunk sees it.
    void set_server(const net::Address& server, unsigned side = 0);

    /// Whether a backend at this port may be one of our own public ports. If so, connections to it have to be watched.
    bool may_loop(std::uint16_t backend_port) const;
    class Watch;
    /// Watches the connection from `from`, our end, to `to`, as long as the result is kept; null if the connection
    /// cannot reach one of our public ports.
    std::unique_ptr<Watch> watch(const net::Address& from, const net::Address& to);

    /// Whether the visitor is a connection of this client.
    bool is_own(const net::Address& visitor, std::uint32_t service) const;

    /// Whether to report a detected loop: once a minute for each service, however many visitors it has.
    bool may_report(std::uint32_t service, TimePoint now);

private:
    struct Connection {
        net::Address from;
        std::uint16_t to_port = 0;

        friend bool operator==(const Connection&, const Connection&) = default;
    };
    struct Service {
        std::uint16_t port = 0;
        bool reported = false;
        TimePoint reported_at{};
    };

    void forget(const Connection& connection);
    bool is_public_port(std::uint16_t port) const REQUIRES(mutex_);

    mutable Mutex mutex_;
    std::array<net::Address, 2> servers_ GUARDED_BY(mutex_);
    std::map<std::uint32_t, Service> services_ GUARDED_BY(mutex_);
    std::multimap<std::uint16_t, Connection> watched_ GUARDED_BY(mutex_);  // keyed by our own port
};

/// Watches a connection until it is destroyed.
class SelfLoopDetector::Watch {
public:
    Watch(std::shared_ptr<SelfLoopDetector> visits, const Connection& connection) noexcept
        : visits_(std::move(visits)), connection_(connection) {}
    ~Watch() { visits_->forget(connection_); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

private:
    const std::shared_ptr<SelfLoopDetector> visits_;
    const Connection connection_;
};

}  // namespace ferrotunnel::backend
