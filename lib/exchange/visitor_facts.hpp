// Facts of a visitor, known before its requests are read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/client_certificate.hpp"
#include "base/key_group.hpp"
#include "net/ip_address.hpp"
#include "shaping/shapes.hpp"

namespace ferrotunnel::exchange {

/// Where the fields about a visitor's client certificate come from.
enum class CertificateSource : std::uint8_t {
    peer,    // a trusted peer may send them; any other peer's are removed
    edge,    // its TLS connection was made under a rule about client certificates: nobody else's count
    member,  // another member of the cluster was such an edge, and has put them into each head
};

/// Facts of a visitor that are the same for all requests of a connection.
struct VisitorFacts {
    std::string address;  // without port
    net::Address wire;
    /// The number of the visitor's connection within its worker; connections number themselves.
    std::uint64_t connection = 0;
    bool https = false;
    KeyGroup key_group = KeyGroup::none;
    bool http2 = false;  // several exchanges at a time
    /// The visitor's X-Forwarded-* and X-Request-Id are trusted.
    bool trusted = false;
    /// Another member of the cluster has forwarded the visitor: only services of own clients are for it, its
    /// X-Request-Id is the request's id, and it is never held.
    bool from_member = false;
    /// Whether a request for this host may be answered on the visitor's connection, by SNI and client certificate;
    /// without TLS, if the host needs no certificate (checked only if the request is not redirected). Empty: any host
    /// may.
    std::function<bool(std::string_view host)> may_serve{};
    CertificateSource certificate_source = CertificateSource::peer;
    /// The visitor's verified certificate; null if it has none. Of `member` it is read from the first head.
    mutable std::shared_ptr<const ClientCertificate> certificate{};
    /// The visitor's share of the rates of the service that it visited last; null until there is one.
    mutable std::shared_ptr<shaping::VisitorShape> shape{};
};

}  // namespace ferrotunnel::exchange
