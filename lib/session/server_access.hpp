// How a client reaches a server.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "net/host_port.hpp"
#include "net/proxy.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::session {

struct ServerAccess {
    std::optional<net::Proxy> proxy{};             // through which the server is reached
    std::shared_ptr<transport::TlsContext> tls{};  // with the server's name; null: no TLS
};

/// The access to each server. Thread-safe.
using ServerAccessFor = std::function<ServerAccess(const net::HostPort& server)>;

}  // namespace ferrotunnel::session
