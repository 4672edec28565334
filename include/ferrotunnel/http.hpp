// An HTTP service: hosts on the server, and what is behind them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/backend.hpp"
#include "ferrotunnel/group.hpp"
#include "ferrotunnel/health_check.hpp"
#include "ferrotunnel/http_rules.hpp"
#include "ferrotunnel/service_plugin.hpp"
#include "ferrotunnel/service_token.hpp"

namespace ferrotunnel {

/// An HTTP service. The server reads and checks each request, chooses the service by host and path, and writes the
/// request again; the service receives HTTP/1.1 that follows the rules.
struct Http {
    /// It has constructors and no designated initialisers, for the reason given at Tcp.
    Http() = default;
    explicit Http(std::string host_in) : host(std::move(host_in)) {}
    Http(std::string host_in, std::string local_in, std::string name_in = {})
        : host(std::move(host_in)), local(std::move(local_in)), name(std::move(name_in)) {}

    /// The host that visitors ask for: "app.example.com"; "*.example.com" (one label in front), "**.example.com" (one
    /// or more), "*" (the default service, for hosts that no other service has). Empty: the server assigns a name
    /// below its domain, and assigns the same one again for as long as it knows this service.
    std::string host{};
    /// The backend that visitors are connected to, seen from this process: "127.0.0.1:3000", "[::1]:3000",
    /// "app.internal:80", "3000" (localhost:3000); "unix:/run/app.sock"; "https://127.0.0.1:8443" for a backend that
    /// speaks TLS (port 443 if none is given), see `backend_tls`; "h2c://127.0.0.1:50051" for one that speaks HTTP/2,
    /// as gRPC does, and "h2://app.internal" for HTTP/2 over TLS; "files:/srv/www" for a folder whose files are the
    /// answers, read by the client itself (docs/files.md). A relative path is completed by the working directory when
    /// the service is added, and the folder has to be there then. Not used by listen, where the application itself
    /// serves, nor where `rules.redirect` answers.
    std::string local{};
    /// The name of the service in events, logs and Server::async_open: up to 64 letters, digits and "._-:/[]*". Empty:
    /// `host`, with the path if there is one, or "http:" and `local` where the server assigns the host; where that is
    /// no name, it is cut or changed, with a checksum at the end. It must be unique within a client.
    std::string name{};
    /// The paths of the host that the service is for: "/api" (/api and what is below it, not /apix), "= /status" (that
    /// path alone), "~ /v[0-9]+/.*" (a regular expression for the whole path). Empty: all paths that no other service
    /// of the host is for.
    std::string path{};
    /// Whether visitors are shown what is in a folder that has no index.html; only where `local` begins with "files:".
    bool listing = false;
    /// Further hosts, up to 15; only where `host` is not empty.
    std::vector<std::string> aliases{};
    BackendTls backend_tls{};
    /// If it is not off, a connection to the backend carries requests of one visitor's connection only.
    ProxyProtocol proxy_protocol = ProxyProtocol::off;
    /// Whether a connection to the service carries requests of one visitor's connection only, as with a PROXY header.
    /// It costs connections, and lets Stream::remote_endpoint() tell the visitor of each.
    bool per_visitor = false;
    /// What the edge does to requests and answers.
    HttpRules rules{};
    /// Deadlines and sizes of this service's own.
    HttpLimits limits{};
    /// Plugins that the server is asked for, which visitors pass in this order, behind the server's own; up to 8.
    std::vector<ServicePlugin> plugins{};
    /// With whom the client shares the service; by default with nobody.
    Group group{};
    /// Whether its backend can serve visitors, looked at by this client; by default nobody looks.
    HealthCheck health{};
    /// A token of the service's own, where the server wants one beside the client's (GuardedService).
    ServiceToken token{};
    /// Whether the service is offered. One that is not is known to the client alone (Service::State::disabled), until
    /// Client::set_enabled or apply() says otherwise.
    bool enabled = true;
    /// Who has switched it off, for status; means nothing where `enabled` is true.
    std::string disabled_by{};

    friend bool operator==(const Http&, const Http&) = default;
};

}  // namespace ferrotunnel
