// Connecting to a place through a proxy.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/proxy.hpp"
#include "runtime/connector.hpp"

namespace ferrotunnel::runtime {

/// Connects to the proxy, and shakes hands with it (net/proxy_handshake.hpp), within one deadline. Lives on its worker;
/// the callback never comes from within the constructor, and may destroy the connector. Destroying it cancels.
class ProxyConnector {
public:
    /// Receives exactly one of the two: why it failed, in words that can follow "cannot connect to the server"; or,
    /// with empty words, a connected non-blocking socket from which no byte of the server was read yet.
    using Callback = std::function<void(std::string, Fd)>;

    ProxyConnector(Worker& worker, const net::Proxy& proxy, const net::HostPort& to, Callback callback,
                   Connector::Options options);
    ~ProxyConnector();
    ProxyConnector(const ProxyConnector&) = delete;
    ProxyConnector& operator=(const ProxyConnector&) = delete;

private:
    class Attempt;
    std::unique_ptr<Attempt> attempt_;
};

}  // namespace ferrotunnel::runtime
