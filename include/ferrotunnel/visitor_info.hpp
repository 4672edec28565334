// What is known of a visitor who has come to a service that the application serves itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ferrotunnel/detail/asio_version.hpp"

#include <asio/ip/tcp.hpp>

namespace ferrotunnel {

/// A visitor and the service it has come to.
struct VisitorInfo {
    enum class Kind : std::uint8_t {
        tcp,   ///< a connection to a public port, or one of Server::async_open
        http,  ///< requests that the server's HTTP edge has checked, of any number of visitors (see Http::per_visitor)
        tls,   ///< a visitor's own TLS, untouched: it begins with the ClientHello
        udp,   ///< datagrams of one address
    };

    Kind kind = Kind::tcp;
    /// The name of the service.
    std::string service{};
    /// The public address of the service as visitors use it: "tunnel.example.com:40022", or a URL. "private" where it
    /// has none.
    std::string endpoint{};
    /// The visitor's address (of UDP, too), as the server saw it, or as a proxy that the server trusts has said. Empty
    /// where there are several visitors (Http without per_visitor, whose requests have X-Forwarded-For) or none
    /// (Server::async_open).
    std::optional<asio::ip::tcp::endpoint> address{};
    /// For kind tls, the name that the visitor asked for (SNI), in lower case: it tells which of the service's hosts
    /// was meant, where the service has several or a pattern. Empty: the visitor asked for none, or an older server
    /// does not say. What a visitor asks for proves nothing about who it is.
    std::string host{};
};

}  // namespace ferrotunnel
