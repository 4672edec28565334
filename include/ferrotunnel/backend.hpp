// How a client reaches what is behind a service.
#pragma once

#include <cstdint>
#include <string>

namespace ferrotunnel {

/// How TLS is spoken with a backend whose `local` says that it speaks TLS ("https://...", "tls://..."). The backend's
/// certificate and the name in it are verified, unless `insecure` is set.
struct BackendTls {
    /// A PEM file with the trusted CAs, or with the backend's own certificate. Empty: the system's CAs.
    std::string ca_file{};
    /// The name that is sent as SNI and that the certificate must contain. Empty: the host of `local`.
    std::string server_name{};
    /// Accepts any certificate: anyone between this process and the backend can then read and take over everything.
    bool insecure = false;
    /// PEM files with a certificate (followed by its chain) and its key, without a pass phrase, for a backend that asks
    /// for a certificate. Set both or neither.
    std::string certificate_file{};
    std::string key_file{};

    friend bool operator==(const BackendTls&, const BackendTls&) = default;
};

/// Whether the backend is told who the visitor is, by a header of the PROXY protocol before the first byte, in the
/// clear even where TLS follows. The header's source is the visitor; its destination is the backend's own address,
/// since the address that the visitor connected to is not known on this side. A visitor without an address
/// (Server::async_open) is UNKNOWN.
enum class ProxyProtocol : std::uint8_t {
    off,
    v1,  ///< a line of text
    v2,  ///< binary
};

}  // namespace ferrotunnel
