// Tokens of single services: what a client has to prove for a service, beside the token that it logs in with.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/visit.hpp"

namespace ferrotunnel {

/// The token of a service, which its client (Tcp::token and so on) and the server (GuardedService) have: a text that
/// Secret::generate() or `ferrotunnel token` has made. It never travels: a client proves that it has it, again on each
/// connection.
using ServiceToken = VisitKey;

/// Services that have to prove a token of their own (Server::Builder::guarded_services): those of this name, and
/// whatever asks for one of the ports or hosts, whosoever's they are.
struct GuardedService {
    /// Of the service. It means the services of a range ("web:20000") and the UDP half of two of one number too.
    std::string name{};
    ServiceToken token{};
    /// A second one that is accepted, while clients change from one to the other.
    ServiceToken also{};
    /// Public ports, TCP and UDP, at most 256: "2222", "8000-8099".
    std::vector<std::string> ports{};
    /// Hosts and patterns, at most 256: "app.example.com", "*.example.com". A caller that asks for one of them, for one
    /// below a pattern, or for a pattern around one, needs the token.
    std::vector<std::string> hosts{};

    friend bool operator==(const GuardedService&, const GuardedService&) = default;
};

}  // namespace ferrotunnel
