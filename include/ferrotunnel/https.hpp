// TLS towards visitors of HTTP services: certificates, who must show one of their own, and what plain HTTP gets.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferrotunnel {

/// A certificate by its files, PEM. Its hosts are those in its subjectAltName.
struct Certificate {
    std::string chain{};  ///< the certificate, and the intermediate ones behind it
    std::string key{};    ///< empty: the key is in the same file

    friend bool operator==(const Certificate&, const Certificate&) = default;
};

/// Visitors of these hosts are asked for a certificate of their own.
struct ClientCertificates {
    /// "app.example.com", "*.example.com" (one label in front), "**.example.com" (one or more), or "*": all that no
    /// other rule names.
    std::string host{};
    /// The CAs that sign them, PEM.
    std::string ca_file{};
    /// False: a visitor without one is let in too.
    bool required = true;

    friend bool operator==(const ClientCertificates&, const ClientCertificates&) = default;
};

enum class TlsGrade : std::uint8_t {
    modern,        ///< TLS 1.3, and 1.2 with forward secrecy and authenticated encryption
    intermediate,  ///< also TLS 1.2 with AES-CBC, for visitors of ten years ago
};

/// Strict-Transport-Security: browsers that have seen it use TLS alone.
struct Hsts {
    std::chrono::seconds max_age{31'536'000};  ///< up to ten years; 0: browsers forget it
    bool include_subdomains = false;
    bool preload = false;  ///< needs include_subdomains, and a max_age of at least a year

    friend bool operator==(const Hsts&, const Hsts&) = default;
};

/// What an HTTPS listener (Server::Builder::https_bind) works with. A change of the files is noticed while it runs: the
/// next visitor is shown what is new. A file that can not be read, or whose key does not fit, changes nothing: what was
/// read before goes on serving, and the log says why.
struct Https {
    /// These go before those of folders, where two have the same host.
    std::vector<Certificate> certificates{};
    /// In a folder: NAME.crt or NAME.pem with NAME.key, NAME.pem with both, mkcert's NAME-key.pem, certbot's
    /// subfolders.
    std::vector<std::string> folders{};
    /// For visitors that ask for no host, or for one that no certificate has; without it they are refused. It may be
    /// for any host.
    std::optional<Certificate> fallback{};
    TlsGrade grade = TlsGrade::modern;
    std::vector<ClientCertificates> client_certificates{};
    /// How often files are looked at for changes, 100 ms to an hour.
    std::chrono::milliseconds reload_interval{10'000};

    /// How often visitors of one address may begin a TLS handshake, each of which costs processor time: so many a
    /// second, and ten times as many at once; of an IPv6 /56 twice, of a /48 or IPv4 /24 five times as many. 0: as
    /// often as they like; up to 1,000,000. Trusted proxies and this machine are not counted.
    unsigned handshakes_per_second = 200;

    /// The port in addresses that are shown and redirected to, where it is not the one that https_bind() says: a port
    /// forwarding or load balancer in front. 0: the same.
    std::uint16_t public_port = 0;
    /// Requests without TLS to HTTP services are sent to https with this status: 301, 302, 307 or 308. 0: they are
    /// served. A service's own rule goes before this.
    std::uint16_t redirect = 0;
    /// Of every service that has no such rule of its own. In answers over TLS alone.
    std::optional<Hsts> hsts{};

    /// Whether any certificate is named. Without one, TLS can only be passed through to clients.
    bool has_certificates() const noexcept { return !certificates.empty() || !folders.empty() || fallback; }

    friend bool operator==(const Https&, const Https&) = default;
};

}  // namespace ferrotunnel
