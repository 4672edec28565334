// How a client reaches what is behind a service.
#pragma once

#include <cstdint>
#include <string>

namespace ferrotunnel {

/// For a service whose `local` says that its backend speaks TLS ("https://...", "tls://..."). The certificate and the
/// name in it are verified, unless `insecure` says otherwise.
struct BackendTls {
    /// A PEM file with the CAs that are trusted, or with the backend's own certificate. Empty: those of the system.
    std::string ca_file{};
    /// The name that is asked for (SNI) and that the certificate must have. Empty: the host of `local`.
    std::string server_name{};
    /// Takes any certificate: who sits between this process and the backend can read and take over everything.
    bool insecure = false;
    /// PEM files with a certificate (its chain behind it) and its key, without a pass phrase, for a backend that asks
    /// for one. Both or none.
    std::string certificate_file{};
    std::string key_file{};

    friend bool operator==(const BackendTls&, const BackendTls&) = default;
};

/// What the backend is told of the visitor in front of the first byte: a header of the PROXY protocol, in the clear
/// also where TLS follows. Its source is the visitor; its destination is the backend's own address, since the one that
/// the visitor has connected to is not known on this side. A visitor without an address (Server::async_open) is
/// UNKNOWN.
enum class ProxyProtocol : std::uint8_t {
    off,
    v1,  ///< a line of text
    v2,  ///< binary
};

}  // namespace ferrotunnel
