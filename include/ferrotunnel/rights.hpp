// What a token may: hosts, ports, kinds of services, where from, until when, and how much of it.
//
//    ferrotunnel::Rights rights;
//    rights.hosts = {{"app.example.com", "*.alice.example.com"}};
//    rights.ports = {{"2222", "8000-8099"}};
//    rights.visitors = 200;
//    builder.token(ferrotunnel::Secret::from_file("alice.token"), "alice", rights);
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferrotunnel {

/// Bytes per second each way, 1 KiB to 100 GiB; nothing: as many as come. `up` is from visitors to the service, `down`
/// from the service to its visitors.
struct ByteRates {
    std::optional<std::uint64_t> up{};
    std::optional<std::uint64_t> down{};

    friend bool operator==(const ByteRates&, const ByteRates&) = default;
};

/// The rights of a token; a plain value. What is left out is as it is for tokens without rights, and an empty list
/// allows nothing. Server::Builder::check() tells what is wrong with them.
///
/// A right to a host or to a port is also a claim: whoever else comes first, tokens without that right do not get it,
/// and the server assigns it to nobody else. Where rights of several tokens are for one host, the most specific one
/// decides, and of several ranges of ports the narrowest; tokens with the same right share it, and the first gets it.
struct Rights {
    /// The hosts of HTTP and TLS services, at most 256: "app.example.com", "*.example.com" (one label in front),
    /// "**.example.com" (one or more), "*" (all). A right to a pattern is one to what is below it, too. With this list,
    /// hosts that the server assigns need a right like any other.
    std::optional<std::vector<std::string>> hosts{};
    /// The public ports, at most 256: "2222", "8000-8099"; or "any" alone: all from 1 to 65535 to which no other token
    /// has a right. They replace Server::Builder::allow_ports for this token.
    std::optional<std::vector<std::string>> ports{};
    /// The kinds of services: "tcp", "udp", "http", "tls" (whose TLS passes untouched), "private".
    std::optional<std::vector<std::string>> kinds{};
    /// The server's addresses on which its TCP and UDP ports may listen, at most 256: "127.0.0.1", "10.0.0.5",
    /// "0.0.0.0" (each of IPv4), "::" (each of both). Of each of them a service may ask for a narrower one: the
    /// loopback address of the same family, or one that it covers. A service that names none gets the first. Without
    /// this list: Server::Builder::tcp_bind.
    std::optional<std::vector<std::string>> bind{};
    /// The names of other tokens, at most 256, whose clients may visit the private services of this token's clients
    /// (Client::visit). Clients with this token always may.
    std::optional<std::vector<std::string>> visited_by{};
    /// The addresses and networks that its clients may connect from, at most 256: "192.0.2.7", "10.0.0.0/8".
    std::optional<std::vector<std::string>> from{};
    /// From then on the token is refused, and its sessions end. By the clock of the server's machine.
    std::optional<std::chrono::system_clock::time_point> expires{};
    /// How many connections its clients may have together, 1 to 4,096: each client makes two unless it is told
    /// otherwise. The lower of this and Server::Builder::connections_per_token counts.
    std::optional<std::uint64_t> connections{};
    /// How many services its clients may have together, 1 to 1,000,000. A service on several connections is one.
    std::optional<std::uint64_t> services{};
    /// How many visitors its services may have at a time, all together, 1 to 1,000,000. Of HTTP services, those are
    /// the connections to backends, which carry the requests of many visitors one after the other.
    std::optional<std::uint64_t> visitors{};
    /// How many new visitors, counted likewise, may come in a second, from 0.001 to 1,000,000: as many at once, and at
    /// least one.
    std::optional<double> visitors_per_second{};
    /// How many bytes a second all visitors of its services may move together.
    ByteRates bytes_per_second{};
    /// The same for each of its services, and for each visitor of a service. Of HTTP services a visitor is the
    /// connection that requests come on.
    ByteRates service_bytes_per_second{};
    ByteRates visitor_bytes_per_second{};

    friend bool operator==(const Rights&, const Rights&) = default;
};

}  // namespace ferrotunnel
