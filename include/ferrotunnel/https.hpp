// TLS towards visitors of HTTP services: certificates, which visitors must show one of their own, and what plain HTTP
// gets.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferrotunnel {

/// A certificate, given by its PEM files. Its hosts are those in its subjectAltName.
struct Certificate {
    std::string chain{};  ///< the certificate, followed by the intermediate ones
    std::string key{};    ///< empty: the key is in the same file

    friend bool operator==(const Certificate&, const Certificate&) = default;
};

/// A rule by which visitors of some hosts are asked for a certificate of their own.
struct ClientCertificates {
    /// The hosts: "app.example.com", "*.example.com" (one label in front), "**.example.com" (one or more), or "*": all
    /// that no other rule names.
    std::string host{};
    /// A PEM file with the CAs that sign the visitors' certificates.
    std::string ca_file{};
    /// False: a visitor without a certificate is let in too.
    bool required = true;

    friend bool operator==(const ClientCertificates&, const ClientCertificates&) = default;
};

/// The versions of TLS, and the ciphers, that visitors may use.
enum class TlsGrade : std::uint8_t {
    modern,        ///< TLS 1.3, and 1.2 with forward secrecy and authenticated encryption
    intermediate,  ///< also TLS 1.2 with AES-CBC, for visitors' programs of ten years ago
};

/// Strict-Transport-Security: browsers that have seen this field use TLS alone.
struct Hsts {
    std::chrono::seconds max_age{31'536'000};  ///< up to ten years; 0: browsers forget it
    bool include_subdomains = false;
    bool preload = false;  ///< needs include_subdomains, and a max_age of at least a year

    friend bool operator==(const Hsts&, const Hsts&) = default;
};

/// Settings of an HTTPS listener (Server::Builder::https_bind). A change of the files is noticed while the server runs:
/// the next visitor is shown the new certificate. A file that cannot be read, or whose key does not fit, changes
/// nothing: the previous one stays in use, and the log says why.
struct Https {
    /// Single certificates. They go before those in `folders`, where two have the same host.
    std::vector<Certificate> certificates{};
    /// Folders of certificates: NAME.crt or NAME.pem with NAME.key, NAME.pem with both, mkcert's NAME-key.pem,
    /// certbot's subfolders.
    std::vector<std::string> folders{};
    /// The certificate for visitors who ask for no host, or for one that no certificate has; without a fallback these
    /// visitors are refused. It may be for any host.
    std::optional<Certificate> fallback{};
    TlsGrade grade = TlsGrade::modern;
    std::vector<ClientCertificates> client_certificates{};
    /// Whether visitors may speak HTTP/2, which their TLS handshake then asks for; else all speak HTTP/1.1.
    bool http2 = true;
    /// How often the files are checked for changes, 100 ms to an hour.
    std::chrono::milliseconds reload_interval{10'000};

    /// How many TLS handshakes a second visitors from one address may begin, since each costs processor time; at once
    /// ten times as many. From an IPv6 /56 twice as many are allowed, from a /48 or IPv4 /24 five times as many. 0: any
    /// number; up to 1,000,000. Trusted proxies and this machine are not counted.
    unsigned handshakes_per_second = 200;

    /// The port in addresses that are shown and redirected to, where it is not that of https_bind(), because of a port
    /// forwarding or load balancer in front. 0: that of https_bind().
    std::uint16_t public_port = 0;
    /// The status by which requests without TLS to HTTP services are redirected to https: 301, 302, 307 or 308. 0: they
    /// are served, as are those to a host that has no TLS here (no certificate, no fallback, no client that takes its
    /// TLS untouched). A service's own rule goes before this one.
    std::uint16_t redirect = 0;
    /// Strict-Transport-Security for every service that has no such rule of its own, in answers over TLS alone.
    std::optional<Hsts> hsts{};

    /// True when any certificate is named. Without one, TLS can only be passed through to clients.
    bool has_certificates() const noexcept { return !certificates.empty() || !folders.empty() || fallback; }

    friend bool operator==(const Https&, const Https&) = default;
};

}  // namespace ferrotunnel
