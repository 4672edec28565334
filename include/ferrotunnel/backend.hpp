// How a client connects to the backend of a service.
#pragma once

#include <cstdint>
#include <string>

#include "ferrotunnel/credential.hpp"

namespace ferrotunnel {

/// TLS settings for a backend whose `local` requires TLS ("https://...", "tls://..."). The backend's certificate and
/// the name in it are verified, unless `insecure` is set.
struct BackendTls {
    /// A PEM file with the trusted CAs, or with the backend's own certificate. Empty: the system's CAs.
    std::string ca_file{};
    /// The name that is sent as SNI and that the certificate must contain. Empty: the host of `local`.
    std::string server_name{};
    /// Accepts any certificate: anyone on the path between this process and the backend can then read and modify all
    /// traffic.
    bool insecure = false;
    /// PEM files with a client certificate (followed by its chain) and its key without a passphrase, for a backend that
    /// requests one. Set both or neither.
    std::string certificate_file{};
    std::string key_file{};
    /// Instead of `ca_file`: the trusted CAs, or the backend's own certificate, or its pinned keys, from memory. With
    /// pins only, the name in the certificate is not verified.
    Trust trust{};
    /// Instead of these two files: a client certificate from memory.
    Credential credential{};

    friend bool operator==(const BackendTls&, const BackendTls&) = default;
};

/// Whether a PROXY protocol header with the visitor's address is sent to the backend before the first byte, unencrypted
/// even if TLS follows. The header's source is the visitor; its destination is the backend's own address, since this
/// side does not know the address that the visitor connected to. A visitor without an address (Server::async_open) is
/// UNKNOWN.
enum class ProxyProtocol : std::uint8_t {
    off,
    v1,  ///< a line of text
    v2,  ///< binary
};

}  // namespace ferrotunnel
