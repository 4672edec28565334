// Rights of a token: hosts, ports, kinds of services, client addresses, expiry and quotas.
//
//    ferrotunnel::Rights rights;
//    rights.hosts = {{"app.example.com", "*.alice.example.com"}};
//    rights.ports = {{"2222", "8000-8099"}};
//    rights.visitors = 200;
//    builder.add_token(ferrotunnel::Secret::from_file("alice.token"), "alice", rights);
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferrotunnel {

/// Bytes per second in each direction, 1 KiB to 100 GiB; empty: unlimited. `up` is from visitors to the service, `down`
/// from the service to its visitors.
struct ByteRates {
    std::optional<std::uint64_t> up{};
    std::optional<std::uint64_t> down{};

    friend bool operator==(const ByteRates&, const ByteRates&) = default;
};

/// The rights of a token; a plain value. A missing member is treated as for tokens without rights, and an empty list
/// allows nothing. Server::Builder::check() reports problems.
///
/// A right to a host or port also reserves it: tokens without that right never get it, even if their clients come
/// first, and the server assigns it to no other token. If several tokens have rights to one host, the most specific
/// right decides, and for ports the narrowest range; tokens with the same right share it, and the first gets it.
struct Rights {
    /// The hosts of HTTP and TLS services, at most 256: "app.example.com", "*.example.com" (one label in front),
    /// "**.example.com" (one or more), "*" (all). A right to a pattern includes the hosts below it. With this list,
    /// hosts that the server assigns need a right like any other.
    std::optional<std::vector<std::string>> hosts{};
    /// The public ports, at most 256: "2222", "8000-8099"; or only "any": all from 1 to 65535 to which no other token
    /// has a right. They replace Server::Builder::allow_ports for this token.
    std::optional<std::vector<std::string>> ports{};
    /// The kinds of services: "tcp", "udp", "http", "tls" (passthrough), "private".
    std::optional<std::vector<std::string>> kinds{};
    /// The server's addresses on which its TCP and UDP ports may listen, at most 256: "127.0.0.1", "10.0.0.5",
    /// "0.0.0.0" (all of IPv4), "::" (all of both). A service may request a narrower one: the loopback address of the
    /// same family, or one that is covered. A service that names none gets the first. Without this list:
    /// Server::Builder::tcp_bind.
    std::optional<std::vector<std::string>> bind{};
    /// The names of other tokens, at most 256, whose clients may visit the private services of this token's clients
    /// (Client::visit). Clients with this token always may.
    std::optional<std::vector<std::string>> visited_by{};
    /// The addresses and networks that its clients may connect from, at most 256: "192.0.2.7", "10.0.0.0/8".
    std::optional<std::vector<std::string>> from{};
    /// The time from which the token is refused and its sessions end, by the server's clock.
    std::optional<std::chrono::system_clock::time_point> expires{};
    /// The maximum number of connections of its clients together, 1 to 4,096: each client makes up to two by default.
    /// The lower of this and Server::Builder::connections_per_token applies.
    std::optional<std::uint64_t> connections{};
    /// The maximum number of services of its clients together, 1 to 1,000,000. A service on several connections counts
    /// once.
    std::optional<std::uint64_t> services{};
    /// The maximum number of visitors of its services together at a time, 1 to 1,000,000. For HTTP services,
    /// connections to backends count, which carry the requests of many visitors one after the other.
    std::optional<std::uint64_t> visitors{};
    /// New visitors per second, counted likewise, from 0.001 to 1,000,000; as many may arrive at once, and at least
    /// one.
    std::optional<double> visitors_per_second{};
    /// Bytes per second of all visitors of its services together.
    ByteRates bytes_per_second{};
    /// Bytes per second of each of its services, and of each visitor of a service. For HTTP services a visitor is a
    /// connection to the edge.
    ByteRates service_bytes_per_second{};
    ByteRates visitor_bytes_per_second{};

    friend bool operator==(const Rights&, const Rights&) = default;
};

}  // namespace ferrotunnel
