// Tokens of single services, which a client must prove in addition to the token that it logs in with.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/visit.hpp"

namespace ferrotunnel {

/// The token of a service, shared by its client (Tcp::token and so on) and the server (GuardedService): a text made by
/// Secret::generate() or `ferrotunnel token`. It is never sent: the client proves possession on each connection.
using ServiceToken = VisitKey;

/// Services that must prove a token of their own (Server::Builder::guarded_services): those of this name, and every
/// service that requests one of the ports or hosts, whichever client offers it.
struct GuardedService {
    /// Name of the service. Also matches the services of a range ("web:20000") and the UDP service of a pair with one
    /// port number.
    std::string name{};
    ServiceToken token{};
    /// A second token that is also accepted, while clients change from one to the other.
    ServiceToken also{};
    /// Public ports, TCP and UDP, at most 256: "2222", "8000-8099".
    std::vector<std::string> ports{};
    /// Hosts and patterns, at most 256: "app.example.com", "*.example.com". A service that requests one of them, one
    /// below a pattern, or a pattern around one, needs the token.
    std::vector<std::string> hosts{};

    friend bool operator==(const GuardedService&, const GuardedService&) = default;
};

}  // namespace ferrotunnel
