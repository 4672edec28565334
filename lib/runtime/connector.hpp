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

/// Resolves a name off the worker's thread. Numeric addresses are answered without a thread, but never from within the
/// call. Destroying it cancels: the callback is not called any more. An empty host is the loopback address.
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

/// Connects to the first address of a name that answers, in the order given by the resolver. Lives on its worker; the
/// callback comes in a round of its own, once, and may destroy the connector. Destroying it cancels.
class Connector {
public:
    /// Exactly one: a connected non-blocking socket, or why there is none (of the last address tried). One that throws
    /// bad_alloc is called again, with std::errc::not_enough_memory.
    using Callback = std::function<void(std::error_code, Fd)>;

    struct Options {
        Duration deadline = std::chrono::seconds(10);    // for everything
        Duration per_address = std::chrono::seconds(4);  // then the next address is tried
    };

    Connector(Worker& worker, const net::HostPort& to, Callback callback, Options options);
    Connector(Worker& worker, const net::HostPort& to, Callback callback)
        : Connector(worker, to, std::move(callback), Options()) {}
    Connector(Worker& worker, std::vector<SocketAddress> to, Callback callback, Options options);
    /// To a unix socket. While who listens there has no room it is tried again.
    Connector(Worker& worker, const UnixPath& to, Callback callback, Options options);
    ~Connector();
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    /// The socket, if it was connected within the constructor, as within one machine it usually is; the callback is
    /// then not called. Empty otherwise.
    Fd take_connected() noexcept;

private:
    class Attempt;
    std::unique_ptr<Attempt> attempt_;
};

}  // namespace ferrotunnel::runtime
