// Self-signed certificates that answer TLS-ALPN-01 (RFC 8737).
#pragma once

#include <string>
#include <string_view>

#include "acme/identifier.hpp"
#include "acme/key.hpp"

namespace ferrotunnel::acme {

inline constexpr std::string_view alpn_protocol = "acme-tls/1";

/// PEM: a new key and its certificate, with `identifier` as its only name and the critical extension
/// id-pe-acmeIdentifier with the digest of `key_authorization`. Throws std::runtime_error.
std::string make_alpn_certificate(const Identifier& identifier, std::string_view key_authorization);

}  // namespace ferrotunnel::acme
