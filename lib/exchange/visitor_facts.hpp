// What is known of a visitor before its requests are read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "net/ip_address.hpp"

namespace ferrotunnel::exchange {

/// The same for all requests of a connection.
struct VisitorFacts {
    std::string address;  // without port
    net::Address wire;
    /// Which connection of its worker the visitor came by; HttpConnection numbers itself.
    std::uint64_t connection = 0;
    std::uint16_t port = 80;  // at which the visitor came in
    bool https = false;
    /// The visitor's X-Forwarded-* and X-Request-Id are believed.
    bool trusted = false;
    /// Whether a request for this host may be answered on the visitor's connection: its SNI and client certificate
    /// allow it; without TLS, unless the request is redirected. Empty: any request may.
    std::function<bool(std::string_view host)> may_serve{};
};

}  // namespace ferrotunnel::exchange
