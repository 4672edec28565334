// The PROXY protocol, versions 1 (a line of text) and 2 (binary): what a proxy in front of us says about the connection
// that it passes on. There is a reader for headers of trusted proxies, and a writer for backends that want a header.
//
//     v1  PROXY TCP4 192.0.2.1 198.51.100.7 51000 443 CR LF
//     v2  0d0a0d0a000d0a515549540a | 2, command | family, transport | length (2) | addresses | TLVs
//
// The reader is strict: single spaces, shortest numbers, nothing behind what the grammar allows, TLVs that fill their
// space exactly, and a correct CRC-32C where there is one. It never consumes bytes; `size` says how many to drop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::net {

enum class ProxyVersion : std::uint8_t { v1 = 1, v2 = 2 };

struct ProxyHeader {
    /// The peer that the proxy speaks for, and the address that this peer connected to. Their families are equal. Both
    /// have no family when the header tells nothing (UNKNOWN, LOCAL, unspecified) or names unix sockets: then the
    /// socket's own addresses count.
    Address source;
    Address destination;
    /// v2: the proxy opened this connection itself, for example to check whether we are alive.
    bool local = false;
    /// v2: unix sockets at the other side of the proxy.
    bool unix_sockets = false;
    /// v2: the proxy passes on datagrams. An endpoint of streams should refuse this.
    bool datagrams = false;

    friend bool operator==(const ProxyHeader&, const ProxyHeader&) = default;
};

struct ProxyReading {
    enum class Status : std::uint8_t {
        more,       // too few bytes to tell; at most limits::proxy_header_bytes_max are ever needed
        complete,   // header and size are there
        absent,     // the connection does not begin with a PROXY header
        malformed,  // it does, but the header breaks the rules; error says which
    };
    Status status = Status::more;
    ProxyVersion version = ProxyVersion::v1;
    ProxyHeader header;
    std::size_t size = 0;         // bytes of the header
    const char* error = nullptr;  // words for the log
};

/// Reads the header. `received` is everything since the connection's first byte. The verdict does not depend on how the
/// bytes arrive.
ProxyReading read_proxy_header(Bytes received);

/// The size of the largest header that is written.
inline constexpr std::size_t proxy_written_max = 107;

/// Each writes a whole header to `at`, which has room for proxy_written_max, and returns its size. When one address is
/// IPv4 and the other IPv6, the former is written as IPv6 (::ffff:a.b.c.d). A header without addresses is written as
/// UNKNOWN or unspecified.
std::size_t write_proxy_v1(const ProxyHeader& header, std::uint8_t* at);
std::size_t write_proxy_v2(const ProxyHeader& header, std::uint8_t* at, bool with_checksum = false);

}  // namespace ferrotunnel::net
