// Numbers about a running Client or Server. Snapshots: the members of one need not be of the same instant.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferrotunnel {

/// What both have in common. Totals count from start(), over all trunks, and stay when it has stopped; "now" counts
/// what exists at the moment.
struct TrafficStats {
    std::uint64_t bytes_received = 0;   ///< payload from the trunks
    std::uint64_t bytes_sent = 0;       ///< payload to the trunks
    std::uint64_t bytes_copied = 0;     ///< payload bytes that were copied inside the sessions
    std::uint64_t streams_opened = 0;   ///< visitors and async_open, in all
    std::uint64_t streams_refused = 0;  ///< of them or beyond: turned away by a limit or the backend, or no answer
    std::uint32_t streams = 0;          ///< now
    std::uint64_t bytes_held = 0;       ///< memory of payload that is queued, now
    std::uint64_t slabs_in_use = 0;     ///< blocks of 64 KiB, now
    std::uint64_t memory = 0;           ///< of visitors' bytes in both directions and their streams, about, now
    std::uint64_t memory_max = 0;       ///< what that may be, Builder::memory_max
};

struct ClientStats {
    bool connected = false;            ///< now
    unsigned connections = 0;          ///< trunks that are up, now
    std::uint64_t connects = 0;        ///< logins that succeeded
    std::uint64_t losses = 0;          ///< trunks that broke
    std::chrono::microseconds rtt{0};  ///< the smallest of the last minute; 0: not known
    TrafficStats traffic;
};

/// Of the HTTP edge, since start(); "now" is what exists at the moment.
struct HttpStats {
    std::uint32_t connections_now = 0;      ///< of visitors
    std::uint64_t connections = 0;          ///< of visitors, in all
    std::uint64_t connections_refused = 0;  ///< beyond a limit
    std::uint64_t requests = 0;             ///< whose head was read and follows the rules
    std::uint64_t requests_refused = 0;     ///< that do not, or came too slowly
    std::uint64_t pages = 0;                ///< answers of the edge itself, redirects not counted
    std::uint64_t answers_cut = 0;          ///< that had begun and could not be completed
    std::uint64_t visitors_lost = 0;        ///< who went within an exchange
    std::uint64_t upgrades = 0;             ///< changes of protocol (WebSocket)
    std::uint64_t backend_opened = 0;       ///< connections to backends that were asked for
    std::uint64_t backend_reused = 0;       ///< requests that went over one from before
    std::uint64_t retries = 0;              ///< requests that were sent once more
    std::uint64_t bytes_received = 0;       ///< from visitors, heads and framing too
    std::uint64_t bytes_sent = 0;           ///< to visitors
};

struct ServerStats {
    std::uint32_t clients = 0;            ///< now
    std::uint32_t connections = 0;        ///< of all clients, now
    std::uint64_t logins = 0;             ///< that succeeded
    std::uint64_t logins_refused = 0;     ///< wrong tokens, garbage, too slow
    std::uint32_t services = 0;           ///< now
    std::uint64_t visitors_accepted = 0;  ///< connections to public ports of TCP services, in all
    TrafficStats traffic;                 ///< of the trunks: services of all kinds
    HttpStats http;                       ///< zero without http_bind()
};

/// A connected client, as the server sees it.
struct TunnelInfo {
    struct Service {
        std::string name;
        std::string endpoint;        ///< the public address: "tunnel.example.com:2222", or a URL
        std::uint32_t streams = 0;   ///< now; of HTTP: connections to the backend, also idle ones
        std::uint64_t requests = 0;  ///< of HTTP, since the service was registered
    };
    std::string client;                           ///< the address that its oldest connection comes from
    std::string name{};                           ///< what its user calls it, Client::Builder::name: foreign text
    std::string agent;                            ///< what the client calls itself: foreign text
    std::string token_name;                       ///< which of the server's tokens it used
    std::chrono::system_clock::time_point since;  ///< of its oldest connection
    std::uint32_t connections = 0;                ///< now, without those that were replaced and only finish
    std::vector<Service> services;
};

}  // namespace ferrotunnel
