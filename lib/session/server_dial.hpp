// Connects a client to its server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/proxy_connector.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::session {

struct ServerTarget;

/// Connects to a server of the client, directly or through its proxy, within one deadline. Lives on its worker; the
/// callback is never called from within the constructor, and may destroy this. Destroying it cancels.
class ServerDial {
public:
    /// Receives exactly one of the two: the reason of a failure, as words that can follow "cannot connect to the
    /// server"; or, with empty words, a pipe that has not begun.
    using Callback = std::function<void(const std::string&, std::unique_ptr<transport::Pipe>)>;

    ServerDial(runtime::Worker& worker, const ServerTarget& server, Duration deadline, Callback callback);

private:
    std::unique_ptr<runtime::Connector> straight_;  // or ...
    std::unique_ptr<runtime::ProxyConnector> through_proxy_;
};

}  // namespace ferrotunnel::session
