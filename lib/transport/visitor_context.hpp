// What of OpenSSL's settings towards visitors does not depend on the host: versions, suites, options.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

struct LoadedCertificate;

/// How old a visitor's software may be.
enum class TlsGrade : std::uint8_t {
    modern,        // TLS 1.3, and 1.2 with ECDHE and AEAD alone: everything since about 2015
    intermediate,  // and 1.2 with ECDHE and AES-CBC: Internet Explorer 11 before Windows 10, Safari 6 to 8, Java 7
};

/// "modern" or "intermediate". Throws TlsConfigError, which says what there is.
TlsGrade parse_tls_grade(std::string_view name);
std::string_view name_of(TlsGrade grade) noexcept;

/// Without a certificate and callbacks. Throws TlsConfigError.
SslContextPtr make_visitor_context(TlsGrade grade);

/// Shows this certificate in the handshake of `ssl`, beside those of other kinds of key. False: OpenSSL refuses it.
bool use_certificate(SSL* ssl, const LoadedCertificate& certificate) noexcept;

/// Tries it. Empty, or why a handshake could not use it: its key or a signature is too weak, its kind not known.
std::string fault_as_visitor_certificate(const LoadedCertificate& certificate);

}  // namespace ferrotunnel::transport
