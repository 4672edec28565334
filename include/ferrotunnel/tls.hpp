// A TLS service: hosts on the server whose TLS is not touched there, and what is behind them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/backend.hpp"

namespace ferrotunnel {

/// Visitors come in at the server's https_bind(). Of their first message the server reads which name they ask for
/// (SNI), and passes every byte on as it came: the backend has the certificate and speaks TLS, whatever is inside.
struct Tls {
    /// Constructors and no designated initialisers, for the reason that Tcp says.
    Tls() = default;
    explicit Tls(std::string host_in) : host(std::move(host_in)) {}
    Tls(std::string host_in, std::string local_in, std::string name_in = {})
        : host(std::move(host_in)), local(std::move(local_in)), name(std::move(name_in)) {}

    /// The name that visitors ask for, as in Http::host: "app.example.com", "*.example.com", "**.example.com", "*"
    /// (whatever nothing else is for, also who asks for no name). It is not assigned.
    std::string host{};
    /// Visitors are connected here, seen from this process: "127.0.0.1:8443", "[::1]:8443", "app.internal:443",
    /// ":8443", "unix:/run/app.sock". Not used by listen, where the application itself serves.
    std::string local{};
    /// How events, logs and Server::async_open call it, up to 64 letters, digits and "._-:/*". Empty: "tls:" and
    /// `host`. Unique within a client.
    std::string name{};
    /// Further hosts, up to 15.
    std::vector<std::string> aliases{};
    ProxyProtocol proxy_protocol = ProxyProtocol::off;

    friend bool operator==(const Tls&, const Tls&) = default;
};

}  // namespace ferrotunnel
