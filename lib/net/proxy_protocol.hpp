// The PROXY protocol, versions 1 (a line of text) and 2 (binary): what a proxy in front says about the connection that
// it passes on. A reader for what comes from trusted proxies, and a writer towards backends that want it.
//
//     v1  PROXY TCP4 192.0.2.1 198.51.100.7 51000 443 CR LF
//     v2  0d0a0d0a000d0a515549540a | 2, command | family, transport | length (2) | addresses | TLVs
//
// Strict: single spaces, shortest numbers, nothing behind what the grammar allows, TLVs that fill their room exactly,
// a CRC-32C that is right where there is one. The reader never consumes; `size` says what to drop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::net {

enum class ProxyVersion : std::uint8_t { v1 = 1, v2 = 2 };

struct ProxyHeader {
    /// Who the proxy speaks for, and what that one connected to. Families are equal. Both have no family when the
    /// header tells nothing (UNKNOWN, LOCAL, unspecified) or names unix sockets: then the socket's own addresses count.
    Address source;
    Address destination;
    /// v2: the proxy opened this connection itself, for example to see whether we live.
    bool local = false;
    /// v2: unix sockets at the other side of the proxy.
    bool unix_sockets = false;
    /// v2: what is passed on are datagrams. An endpoint of streams should refuse it.
    bool datagrams = false;

    friend bool operator==(const ProxyHeader&, const ProxyHeader&) = default;
};

struct ProxyReading {
    enum class Status : std::uint8_t {
        more,       // too few bytes to tell; at most limits::proxy_header_bytes_max are ever needed
        complete,   // header and size are there
        absent,     // the connection does not begin with a PROXY header
        malformed,  // it does, but with one that breaks the rules; error says which
    };
    Status status = Status::more;
    ProxyVersion version = ProxyVersion::v1;
    ProxyHeader header;
    std::size_t size = 0;         // bytes of the header
    const char* error = nullptr;  // words for the log
};

/// `received` is everything since the connection's first byte. However it comes, the verdict is the same.
ProxyReading read_proxy_header(Bytes received);

/// The largest header that is written.
inline constexpr std::size_t proxy_written_max = 107;

/// Each writes a whole header at `at`, which has room for proxy_written_max, and answers its size. IPv4 beside IPv6 is
/// written as IPv6 (::ffff:a.b.c.d), and a header without addresses as UNKNOWN or unspecified.
std::size_t write_proxy_v1(const ProxyHeader& header, std::uint8_t* at);
std::size_t write_proxy_v2(const ProxyHeader& header, std::uint8_t* at, bool with_checksum = false);

}  // namespace ferrotunnel::net
