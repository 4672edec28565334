// What is known of who has come to a service that the application serves itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ferrotunnel/detail/asio_version.hpp"

#include <asio/ip/tcp.hpp>

namespace ferrotunnel {

struct VisitorInfo {
    enum class Kind : std::uint8_t {
        tcp,   ///< a connection to a public port, or of Server::async_open
        http,  ///< requests that the server's HTTP edge has checked, of any number of visitors (see Http::per_visitor)
        tls,   ///< a visitor's own TLS, untouched: it begins with the ClientHello
    };

    Kind kind = Kind::tcp;
    /// The name of the service.
    std::string service{};
    /// Its public address as visitors use it: "tunnel.example.com:40022", or a URL. "private" where it has none.
    std::string endpoint{};
    /// The visitor's, as the server saw it, or as a proxy that the server trusts has said. Nothing where there is not
    /// one visitor (Http without per_visitor, whose requests have X-Forwarded-For) or none at all (Server::async_open).
    std::optional<asio::ip::tcp::endpoint> address{};
    /// Of kind tls: the name that the visitor asked for (SNI), in lower case; which of a service's hosts it is, where
    /// that has several or a pattern. Empty: it asked for none, or an older server does not say. What a visitor asks
    /// for proves nothing of who it is.
    std::string host{};
};

}  // namespace ferrotunnel
