// Name resolution and connecting, with deadlines.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "base/clock.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {

class Worker;

/// Resolves a name off the worker's thread. A numeric address needs no thread, but its callback never comes from within
/// the constructor. `localhost` and an empty host are both loopback addresses. Destroying the resolver cancels: the
/// callback is then not called any more.
class Resolver {
public:
    using Callback = std::function<void(std::error_code, std::vector<SocketAddress>)>;

    Resolver(Worker& worker, const net::HostPort& place, Callback callback);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

private:
    struct Request;
    std::shared_ptr<Request> request_;
};

struct UnixPath {
    std::string path;
};

/// Connects to a name: its addresses are tried at the same time (connect_race.hpp), in the order of the name cache. If
/// none of them responds, the name is resolved again, once, for addresses that it did not have before. Never connects
/// to an endpoint of this process that trusts its user (protected_endpoints.hpp). Lives on its worker; the callback
/// comes from an event of the socket or from a timer, never from within the constructor, and may destroy the connector.
/// Destroying the connector cancels.
class Connector {
public:
    /// Receives exactly one of the two: a connected non-blocking socket, or the error of the last address tried. A
    /// callback that throws bad_alloc is called again, with std::errc::not_enough_memory.
    using Callback = std::function<void(std::error_code, Fd)>;

    struct Options {
        Duration deadline = std::chrono::seconds(10);  // for the whole attempt
    };

    /// A numeric address, `localhost` (both loopback addresses) or an empty host, which is equivalent, needs no
    /// resolver: then the connect begins within the constructor.
    Connector(Worker& worker, const net::HostPort& to, Callback callback, Options options);
    Connector(Worker& worker, const net::HostPort& to, Callback callback)
        : Connector(worker, to, std::move(callback), Options()) {}
    /// Connects to addresses of `name` that were resolved earlier; they are neither resolved again nor added to.
    Connector(Worker& worker, std::string name, std::vector<SocketAddress> to, Callback callback, Options options);
    /// Connects to a unix socket, and tries again while the listener's queue is full.
    Connector(Worker& worker, const UnixPath& to, Callback callback, Options options);
    ~Connector();
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    /// The socket, if it was connected within the constructor, as is usual within one machine; the callback is then not
    /// called. Empty otherwise.
    Fd take_connected() noexcept;

private:
    class Attempt;
    std::unique_ptr<Attempt> attempt_;
};

}  // namespace ferrotunnel::runtime
