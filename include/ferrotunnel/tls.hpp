// A TLS passthrough service: hosts whose TLS the server passes through, and their backend.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/backend.hpp"
#include "ferrotunnel/group.hpp"
#include "ferrotunnel/health_check.hpp"
#include "ferrotunnel/service_plugin.hpp"
#include "ferrotunnel/service_token.hpp"

namespace ferrotunnel {

/// A TLS passthrough service. Visitors connect to the server's https_bind(). The server reads the requested name (SNI)
/// from their first message, and forwards every byte unchanged: the backend has the certificate and terminates TLS,
/// whatever protocol is inside.
struct Tls {
    /// It has constructors and no designated initialisers, for the reason given at Tcp.
    Tls() = default;
    explicit Tls(std::string host_in) : host(std::move(host_in)) {}
    Tls(std::string host_in, std::string local_in, std::string name_in = {})
        : host(std::move(host_in)), local(std::move(local_in)), name(std::move(name_in)) {}

    /// The name that visitors request, as in Http::host: "app.example.com", "*.example.com", "**.example.com", "*"
    /// (names that no other service has, and visitors that request none). The server does not assign one.
    std::string host{};
    /// The backend that visitors are forwarded to, as an address for this process: "127.0.0.1:8443", "[::1]:8443",
    /// "app.internal:443", ":8443", "unix:/run/app.sock". Not used by listen, where the application itself serves.
    std::string local{};
    /// The name of the service in events, logs and Server::async_open: up to 64 letters, digits and "._-:/[]*". Empty:
    /// "tls:" and `host`, cut or changed to a valid name, with a checksum at the end. It must be unique within a
    /// client.
    std::string name{};
    /// Further hosts, up to 15.
    std::vector<std::string> aliases{};
    ProxyProtocol proxy_protocol = ProxyProtocol::off;
    /// Plugins of the server that visitors pass in this order, after the server's own; up to 8.
    std::vector<ServicePlugin> plugins{};
    /// The group that shares the service; none by default.
    Group group{};
    /// Health check of the backend; off by default.
    HealthCheck health{};
    /// A token of the service's own, if the server requires one in addition to the client's (GuardedService).
    ServiceToken token{};
    /// Whether the service is offered. A disabled one is not registered with the server (Service::State::disabled),
    /// until Client::set_enabled or apply() enables it.
    bool enabled = true;
    /// Who disabled it, for status; ignored if `enabled` is true.
    std::string disabled_by{};

    friend bool operator==(const Tls&, const Tls&) = default;
};

}  // namespace ferrotunnel
