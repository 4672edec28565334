// An HTTP service: hosts on the server, and what is behind them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/backend.hpp"
#include "ferrotunnel/http_rules.hpp"

namespace ferrotunnel {

/// The server reads and checks each request, decides by its host and path whose it is, and writes it anew; what comes
/// to the service is HTTP/1.1 that follows the rules.
struct Http {
    /// Constructors and no designated initialisers, for the reason that Tcp says.
    Http() = default;
    explicit Http(std::string host_in) : host(std::move(host_in)) {}
    Http(std::string host_in, std::string local_in, std::string name_in = {})
        : host(std::move(host_in)), local(std::move(local_in)), name(std::move(name_in)) {}

    /// The host that visitors ask for: "app.example.com"; "*.example.com" (one label in front), "**.example.com" (one
    /// or more), "*" (the default service: whatever nothing else is for). Empty: the server assigns a name below its
    /// domain, and the same one again while it knows this service.
    std::string host{};
    /// Visitors are connected here, seen from this process: "127.0.0.1:3000", "[::1]:3000", "app.internal:80", "3000"
    /// (on this machine); "unix:/run/app.sock"; "https://127.0.0.1:8443" for a backend that speaks TLS (port 443 if
    /// none is given), see `backend_tls`. Not used by listen, where the application itself serves, nor where
    /// `rules.redirect` answers.
    std::string local{};
    /// How events, logs and Server::async_open call it, up to 64 letters, digits and "._-:/*". Empty: `host`, with the
    /// path if there is one; "http:" and `local` where the server assigns the host. Unique within a client.
    std::string name{};
    /// Which paths of the host: "/api" (/api and what is below it, not /apix), "= /status" (that alone), "~
    /// /v[0-9]+/.*" (a regular expression for the whole path). Empty: all that no other service of the host is for.
    std::string path{};
    /// Further hosts, up to 15, where `host` is not empty.
    std::vector<std::string> aliases{};
    BackendTls backend_tls{};
    /// Other than off: a connection to the backend then carries requests of one visitor's connection only.
    ProxyProtocol proxy_protocol = ProxyProtocol::off;
    /// A connection to the service carries requests of one visitor's connection only, as with a PROXY header: costs
    /// connections, and lets Stream::remote_endpoint() tell the visitor of each.
    bool per_visitor = false;
    /// What the edge does to requests and answers.
    HttpRules rules{};
    /// Deadlines and sizes of its own.
    HttpLimits limits{};

    friend bool operator==(const Http&, const Http&) = default;
};

}  // namespace ferrotunnel
