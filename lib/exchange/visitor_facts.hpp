// What is known of a visitor before its requests are read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/ip_address.hpp"
#include "shaping/shapes.hpp"

namespace ferrotunnel::exchange {

/// What is known of a visitor, as far as it is the same for all requests of a connection.
struct VisitorFacts {
    std::string address;  // without port
    net::Address wire;
    /// The number of the visitor's connection among those of its worker; connections number themselves.
    std::uint64_t connection = 0;
    bool https = false;
    bool http2 = false;  // several exchanges at a time
    /// The visitor's X-Forwarded-* and X-Request-Id are believed.
    bool trusted = false;
    /// Whether a request for this host may be answered on the visitor's connection: by SNI and client certificate;
    /// without TLS, if the host needs no certificate (asked only if the request is not redirected). Empty: for any
    /// host.
    std::function<bool(std::string_view host)> may_serve{};
    /// The visitor's share of the rates of the service that it visited last; null until that has some.
    mutable std::shared_ptr<shaping::VisitorShape> shape{};
};

}  // namespace ferrotunnel::exchange
