// The PROXY protocol, versions 1 (a line of text) and 2 (binary): a header about the connection that a proxy forwards.
// Contains a parser for headers of trusted proxies, and a writer for backends.
//
//     v1  PROXY TCP4 192.0.2.1 198.51.100.7 51000 443 CR LF
//     v2  0d0a0d0a000d0a515549540a | 2, command | family, transport | length (2) | addresses | TLVs
//
// The parser is strict: single spaces, shortest numbers, nothing beyond the grammar, TLVs that fill their space
// exactly, and a correct CRC-32C if there is one. It never consumes bytes; `size` is the number of bytes to drop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::net {

enum class ProxyVersion : std::uint8_t { v1 = 1, v2 = 2 };

struct ProxyHeader {
    /// The original peer, and the address that it connected to. Their families are equal. Both have no family if the
    /// header has no addresses (UNKNOWN, LOCAL, unspecified) or names unix sockets: then the socket's own addresses
    /// apply.
    Address source;
    Address destination;
    /// v2: the proxy opened this connection itself, for example as a health check.
    bool local = false;
    /// v2: unix sockets on the other side of the proxy.
    bool unix_sockets = false;
    /// v2: the proxy forwards datagrams. An endpoint of streams should refuse this.
    bool datagrams = false;

    friend bool operator==(const ProxyHeader&, const ProxyHeader&) = default;
};

struct ProxyReading {
    enum class Status : std::uint8_t {
        more,       // too few bytes to decide; at most limits::proxy_header_bytes_max are ever needed
        complete,   // header and size are set
        absent,     // the connection does not begin with a PROXY header
        malformed,  // it does, but the header is invalid, see error
    };
    Status status = Status::more;
    ProxyVersion version = ProxyVersion::v1;
    ProxyHeader header;
    std::size_t size = 0;         // bytes of the header
    const char* error = nullptr;  // for the log
};

/// Reads the header. `received` are all bytes since the connection's start. The result does not depend on how the bytes
/// arrive.
ProxyReading read_proxy_header(Bytes received);

/// The maximum size of a written header.
inline constexpr std::size_t proxy_written_max = 107;

/// Each writes a whole header to `at`, which has room for proxy_written_max, and returns its size. When one address is
/// IPv4 and the other IPv6, the former is written as IPv6 (::ffff:a.b.c.d). A header without addresses is written as
/// UNKNOWN or unspecified.
std::size_t write_proxy_v1(const ProxyHeader& header, std::uint8_t* at);
std::size_t write_proxy_v2(const ProxyHeader& header, std::uint8_t* at, bool with_checksum = false);

}  // namespace ferrotunnel::net
