// An HTTP service: hosts on the server, and their backend.
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

/// An HTTP service. The server parses and validates each request, chooses the service by host and path, and writes the
/// request again; the service receives valid HTTP/1.1.
struct Http {
    /// It has constructors and no designated initialisers, for the reason given at Tcp.
    Http() = default;
    explicit Http(std::string host_in) : host(std::move(host_in)) {}
    Http(std::string host_in, std::string local_in, std::string name_in = {})
        : host(std::move(host_in)), local(std::move(local_in)), name(std::move(name_in)) {}

    /// The host that visitors request: "app.example.com"; "*.example.com" (one label in front), "**.example.com" (one
    /// or more), "*" (the default service, for hosts that no other service has). Empty: the server assigns a name below
    /// its domain, and the same one again for as long as it remembers this service.
    std::string host{};
    /// The backend that visitors are forwarded to, as an address for this process: "127.0.0.1:3000", "[::1]:3000",
    /// "app.internal:80", "3000" (localhost:3000); "unix:/run/app.sock"; "https://127.0.0.1:8443" for a backend that
    /// speaks TLS (port 443 if none is given), see `backend_tls`; "h2c://127.0.0.1:50051" for one that speaks HTTP/2,
    /// as gRPC does, and "h2://app.internal" for HTTP/2 over TLS; "files:/srv/www" for the files of a folder, served by
    /// the client itself (docs/files.md). A relative path is resolved against the working directory when the service is
    /// added, and the folder must exist then. Not used by listen, where the application itself serves, nor with
    /// `rules.redirect`.
    std::string local{};
    /// The name of the service in events, logs and Server::async_open: up to 64 letters, digits and "._-:/[]*". Empty:
    /// `host`, with the path if there is one, or "http:" and `local` if the server assigns the host; cut or changed to
    /// a valid name, with a checksum at the end. It must be unique within a client.
    std::string name{};
    /// The paths of the host that the service serves: "/api" (/api and everything below it, not /apix), "= /status"
    /// (only that path), "~ /v[0-9]+/.*" (a regular expression for the whole path). Empty: all paths that no other
    /// service of the host serves.
    std::string path{};
    /// Whether visitors see a listing of a folder without index.html; only if `local` begins with "files:".
    bool listing = false;
    /// Further hosts, up to 15; only if `host` is not empty.
    std::vector<std::string> aliases{};
    BackendTls backend_tls{};
    /// If it is not off, a connection to the backend carries requests of one visitor's connection only.
    ProxyProtocol proxy_protocol = ProxyProtocol::off;
    /// Whether a connection to the service carries requests of one visitor's connection only, as with a PROXY header.
    /// This uses more connections, but Stream::remote_endpoint() then returns the visitor's address.
    bool per_visitor = false;
    /// Rules for requests and responses.
    HttpRules rules{};
    /// Timeouts and size limits of this service.
    HttpLimits limits{};
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

    friend bool operator==(const Http&, const Http&) = default;
};

}  // namespace ferrotunnel
