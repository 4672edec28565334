// Host-independent TLS settings towards visitors (versions, suites, options), and the state of a running handshake.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "transport/certificate_snapshot.hpp"
#include "transport/openssl_ptr.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::transport {

/// How old a visitor's software may be.
enum class TlsGrade : std::uint8_t {
    modern,        // TLS 1.3, and 1.2 with only ECDHE and AEAD: everything since about 2015
    intermediate,  // and 1.2 with ECDHE and AES-CBC: Internet Explorer 11 before Windows 10, Safari 6 to 8, Java 7
};

/// Parses "modern" or "intermediate". Throws TlsConfigError, which names the choices.
TlsGrade parse_tls_grade(std::string_view name);
std::string_view name_of(TlsGrade grade) noexcept;

/// Makes a context without a certificate or callbacks. Throws TlsConfigError.
SslContextPtr make_visitor_context(TlsGrade grade);

/// Uses this certificate in the handshake of `ssl`, in addition to those with other kinds of keys. False: OpenSSL
/// rejects it.
bool use_certificate(SSL* ssl, const LoadedCertificate& certificate) noexcept;

/// Tries the certificate. Empty, or why a handshake could not use it: its key or a signature is too weak, or its kind
/// is not known.
std::string fault_as_visitor_certificate(const LoadedCertificate& certificate);

/// State of one visitor's handshake, kept with its SSL object. visitor_tls.cpp fills it in, and the pipe reads it at
/// the end.
struct RunningHandshake {
    std::string server_name;
    std::string authority;     // the rule's digest; empty if no client certificate is requested
    bool sends_chain = false;  // of the rule
    /// The answer to a CA that checks the name (TLS-ALPN-01); null for visitors.
    std::shared_ptr<const LoadedCertificate> challenge;
    /// Kept until the end, so that a reload in between makes no difference.
    std::shared_ptr<const CertificateSnapshot> certificates;
    const ServedCertificates* served = nullptr;  // of them, for this name, or the next
    ServedCertificates by_host;                  // that the application has found
    /// Why we rejected the visitor, in words for the log; otherwise empty.
    std::string refusal;
};

/// The record of this handshake; null before the ClientHello, or if there is no memory.
RunningHandshake* running_handshake(SSL* ssl) noexcept;
/// Returns the record of this handshake, a new and empty one if there is none yet. Throws std::bad_alloc.
RunningHandshake& start_running_handshake(SSL* ssl);

/// Call it after the handshake. Releases everything that only the handshake needed. Throws std::bad_alloc.
std::unique_ptr<VisitorHandshake> finish_visitor_handshake(SSL* ssl);

}  // namespace ferrotunnel::transport
