// Finds visitors of a client's services who are the client itself: a backend that is a public port of one of its own
// services would make a visitor of each visitor, without end.
//
//   visitor --> public port --OPEN--> client --connects to its backend--> public port --OPEN, from the client--> loop
//
// A connection is known by both its ends. The client sees its own end of what it dials, and a public port sees the same
// as the visitor's address, unless something in between hides it: that is found by the server (trunk/loop_watch.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::backend {

/// Any thread: trunks on several workers dial and ask. What it keeps is bounded by the client's connections.
class OwnVisits : public std::enable_shared_from_this<OwnVisits> {
public:
    /// Where visitors reach a service, as the server has told; 0: nowhere any more.
    void set_public_port(std::uint32_t service, std::uint16_t port);
    /// The server's address, as the trunk sees it.
    void set_server(const net::Address& server);

    /// A backend at this port may be one of our own public ports. If it is, connections to it are to be watched.
    bool may_lead_back(std::uint16_t backend_port) const;
    /// `from` is our end of a connection to `to`. It is watched for as long as what this gives is kept; null: it can
    /// not meet a public port of ours.
    std::shared_ptr<void> watch(const net::Address& from, const net::Address& to);

    /// The visitor is a connection of this client.
    bool is_own(const net::Address& visitor, std::uint32_t service) const;

    /// A loop was found: whether to say so. Once a minute for each service, however many visitors it has.
    bool may_tell(std::uint32_t service, TimePoint now);

private:
    struct Connection {
        net::Address from;
        std::uint16_t to_port = 0;

        friend bool operator==(const Connection&, const Connection&) = default;
    };
    struct Service {
        std::uint16_t port = 0;
        bool told = false;
        TimePoint told_at{};
    };

    void forget(const Connection& connection);
    bool is_public_port(std::uint16_t port) const;  // the lock is held

    mutable std::mutex mutex_;
    net::Address server_;
    std::map<std::uint32_t, Service> services_;
    std::multimap<std::uint16_t, Connection> watched_;  // by our own port
};

}  // namespace ferrotunnel::backend
