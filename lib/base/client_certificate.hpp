// A visitor's client certificate, as backends and plugins see it: texts for fields and logs.
#pragma once

#include <cstddef>
#include <string>

#include "base/units.hpp"

namespace ferrotunnel {

/// Made once for a connection, after its certificate was verified, and shared by its requests. Every text is printable
/// ASCII without spaces at its ends, so none can split a field. A text that would exceed its limit is empty: the first
/// part of a name could be the name of someone else.
struct ClientCertificate {
    std::string subject{};      // as in RFC 4514: "CN=alice,O=Example"
    std::string names{};        // of its subjectAltName: "DNS:a.example,email:a@example.com"
    std::string fingerprint{};  // SHA-256 of the certificate in DER: 64 hexadecimal digits in lower case; never empty
    std::string certificate{};  // Client-Cert (RFC 9440); empty unless the rule sends it
    std::string chain{};        // Client-Cert-Chain (RFC 9440), likewise

    friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

namespace limits {

/// A subject has a dozen attributes of at most 64 characters (RFC 5280), which escapes make three times as long.
inline constexpr std::size_t client_certificate_subject_max = 1_KiB;
/// 100 host names of 40 characters. Many backends accept no line over 8 KiB, and no head over 16 KiB.
inline constexpr std::size_t client_certificate_names_max = 4_KiB;
/// The certificate, and its chain, each in base64: 6 KB of DER, which is several times a usual certificate.
inline constexpr std::size_t client_certificate_text_max = 8_KiB;

}  // namespace limits

}  // namespace ferrotunnel
