// TLS settings for visitors of HTTP services: certificates, client certificates, redirects and HSTS.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/credential.hpp"
#include "ferrotunnel/host_certificates.hpp"

namespace ferrotunnel {

/// A certificate, given by its PEM files or from memory. Its hosts are those in its subjectAltName.
struct Certificate {
    std::string chain{};      ///< the certificate, followed by the intermediate ones
    std::string key{};        ///< empty if the key is in the same file
    Credential credential{};  ///< instead of files; a replacement is used from the next visitor on

    friend bool operator==(const Certificate&, const Certificate&) = default;
};

/// A rule that visitors of some hosts must present a client certificate. Backends get the fields X-Client-Cert-Subject,
/// X-Client-Cert-SAN and X-Client-Cert-Fingerprint about it, which no visitor can forge.
struct ClientCertificates {
    /// The hosts: "app.example.com", "*.example.com" (one label in front), "**.example.com" (one or more), or "*": all
    /// that no other rule names.
    std::string host{};
    /// A PEM file with the CAs that sign the visitors' certificates.
    std::string ca_file{};
    /// False: visitors without a certificate are accepted too.
    bool required = true;
    /// Instead of `ca_file`: CAs from memory, without pins. After a replacement, requests on earlier connections are
    /// rejected (421), so that browsers connect again.
    Trust trust{};
    /// Whether backends get the fields Client-Cert and Client-Cert-Chain (RFC 9440), the certificate itself and the CAs
    /// between it and `ca_file`, as well as its subject, names and fingerprint. The chain is known only after a full
    /// handshake: TLS sessions with these hosts are not resumed.
    bool chain = false;

    friend bool operator==(const ClientCertificates&, const ClientCertificates&) = default;
};

/// The versions of TLS, and the ciphers, that visitors may use.
enum class TlsGrade : std::uint8_t {
    modern,        ///< TLS 1.3, and 1.2 with forward secrecy and authenticated encryption
    intermediate,  ///< also TLS 1.2 with AES-CBC, for clients that are ten years old
};

/// Strict-Transport-Security: browsers that have received this field use TLS only.
struct Hsts {
    std::chrono::seconds max_age{31'536'000};  ///< up to ten years; 0: browsers forget it
    bool include_subdomains = false;
    bool preload = false;  ///< needs include_subdomains, and a max_age of at least a year

    friend bool operator==(const Hsts&, const Hsts&) = default;
};

/// Settings of an HTTPS listener (Server::Builder::https_bind). Changes of the files are detected while the server
/// runs: the next visitor gets the new certificate. If a file cannot be read, or a key does not match, the previous
/// certificate stays in use, and the log has the reason.
struct Https {
    /// Single certificates. They take precedence over those in `folders` for the same host.
    std::vector<Certificate> certificates{};
    /// Folders of certificates: NAME.crt or NAME.pem with NAME.key, NAME.pem with both, mkcert's NAME-key.pem,
    /// certbot's subfolders.
    std::vector<std::string> folders{};
    /// The certificate for visitors that request no host, or one that no certificate covers; without a fallback they
    /// are rejected. It may be for any host.
    std::optional<Certificate> fallback{};
    /// Source of certificates for hosts that only the fallback covers.
    HostCertificates by_host{};
    TlsGrade grade = TlsGrade::modern;
    std::vector<ClientCertificates> client_certificates{};
    /// Whether visitors may use HTTP/2, negotiated in the TLS handshake; otherwise all use HTTP/1.1.
    bool http2 = true;
    /// How often the files are checked for changes, 100 ms to an hour.
    std::chrono::milliseconds reload_interval{10'000};

    /// How many TLS handshakes per second visitors from one address may begin, since each costs processor time, and ten
    /// times as many at once. Twice as many are allowed from an IPv6 /56, five times as many from a /48 or an IPv4 /24.
    /// 0: unlimited; up to 1,000,000. Trusted proxies and this machine are not limited.
    unsigned handshakes_per_second = 200;

    /// For local development: the server makes a CA of its own at the first start and keeps it in the folder
    /// `https-self` of Server::Builder::state_dir(), which is required. It issues certificates for the hosts of clients
    /// within its name constraints: localhost, domain() and `self_names` with everything below them, public_host(),
    /// this machine's host name, and loopback addresses. Nobody trusts it until somebody installs it:
    /// `ferrotunnel trust install`. Other certificates take precedence. With Server::Builder::acme() it serves only
    /// names that public CAs do not certify.
    bool self = false;
    /// More hosts, with everything below them, and IP addresses that `self` is for, up to 100. The constraints are part
    /// of the CA's certificate: an existing CA is not changed.
    std::vector<std::string> self_names{};

    /// Another ACME client that answers tls-alpn-01 (RFC 8737), as an IP address with a port: "127.0.0.1:4443".
    /// Connections whose ClientHello offers only the protocol acme-tls/1 are forwarded there unchanged, unless the
    /// server has an answer itself or a client passes TLS of the host through. Empty: none.
    std::string acme_tls_backend{};

    /// The port in shown addresses and redirects if it differs from that of https_bind(), because of a port forwarding
    /// or load balancer in front. 0: that of https_bind().
    std::uint16_t public_port = 0;
    /// The status of redirects to https for requests without TLS: 301, 302, 307 or 308. 0: such requests are served
    /// without TLS, as are those to a host without TLS here (no certificate, no fallback, no TLS passthrough). A
    /// service's own rule takes precedence.
    std::uint16_t redirect = 0;
    /// Strict-Transport-Security for every service without such a rule of its own, only in responses over TLS.
    std::optional<Hsts> hsts{};

    /// True if any certificate is set, or the server makes some itself. Without one, TLS can only be passed through to
    /// clients.
    bool has_certificates() const noexcept {
        return !certificates.empty() || !folders.empty() || fallback || self || !by_host.empty();
    }

    friend bool operator==(const Https&, const Https&) = default;
};

}  // namespace ferrotunnel
