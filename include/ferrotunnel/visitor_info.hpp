// Information about a visitor of a service that the application serves itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ferrotunnel/detail/asio_version.hpp"

#include <asio/ip/tcp.hpp>

namespace ferrotunnel {

/// A visitor and its service.
struct VisitorInfo {
    enum class Kind : std::uint8_t {
        tcp,   ///< a connection to a public port, or one of Server::async_open
        http,  ///< requests validated by the server's HTTP edge, of any number of visitors (see Http::per_visitor)
        tls,   ///< a visitor's own TLS, passed through: it begins with the ClientHello
        udp,   ///< datagrams of one address
    };

    Kind kind = Kind::tcp;
    /// The name of the service.
    std::string service{};
    /// The public address of the service as visitors use it: "tunnel.example.com:40022", or a URL. "private" if it has
    /// none.
    std::string endpoint{};
    /// The visitor's address (also for UDP), as the server saw it, or as reported by a proxy that the server trusts.
    /// Empty if there are several visitors (Http without per_visitor, whose requests have X-Forwarded-For) or none
    /// (Server::async_open).
    std::optional<asio::ip::tcp::endpoint> address{};
    /// For kind tls, the name that the visitor requested (SNI), in lower case: the host among several or within a
    /// pattern. Empty: the visitor requested none, or the server is older. It proves nothing about the visitor.
    std::string host{};
};

}  // namespace ferrotunnel
