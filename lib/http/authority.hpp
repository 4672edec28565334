// Host and port of a request, from Host or an absolute-form target. They are parsed strictly: anything that two
// programs could understand differently is rejected, since the edge would route by one meaning and the backend act by
// another.
//
//     api.example.com   api.example.com:8080   127.0.0.1:80   [::1]:8080
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferrotunnel::http {

enum class AuthorityFault : std::uint8_t {
    none,
    empty,        // empty, or only a port
    too_long,     // a name above 253 bytes or a label above 63
    userinfo,     // user@host: typical of phishing links, and some programs use the part before the @
    list,         // a comma: two Host fields that something joined
    bad_byte,     // a space, control, byte above 0x7e, '/', '%' or anything else no host name has
    empty_label,  // "a..b", ".a": a resolver might read them as "a.b" or "a"
    bad_ipv4,     // ends in a number but is not a.b.c.d: "127.1", "0x7f.0.0.1", "010.0.0.1", "1.2.3.4."
    bad_ipv6,     // not an address in brackets, with a zone, or without the closing bracket
    bad_port,     // empty, not 1*5DIGIT, with a leading zero, 0, above 65535
};

/// The fault in words, for a log line or a configuration error: "has a port that is not a number from 1 to 65535".
std::string_view describe(AuthorityFault fault) noexcept;

enum class HostKind : std::uint8_t { name, ipv4, ipv6 };

struct Authority {
    std::string_view host;   // as written, an IPv6 address with its brackets
    std::uint16_t port = 0;  // 0 if there was none
    HostKind kind = HostKind::name;
};

/// Splits and checks `text`; `authority` holds views into it. Names have letters, digits, '-' and '_' (strictly, names
/// with '_' are not host names, but they exist), in labels of at most 63 bytes; one final dot is allowed. Anything else
/// that RFC 3986 allows in a reg-name (percent-encoding, "sub-delims") is rejected.
AuthorityFault split_authority(std::string_view text, Authority& authority) noexcept;

/// Room for the normal form of any host: a name of 253 bytes, or the longest IPv6 address in brackets.
using HostBuffer = std::array<char, 255>;

/// The form in which hosts are compared: lower case, no port, no final dot; an IPv6 address as in RFC 5952 (always in
/// hexadecimal), in brackets. `authority` was accepted by split_authority(); the result is a view into `buffer`.
std::string_view normal_host(const Authority& authority, HostBuffer& buffer) noexcept;

/// Splits and normalises `text` in one call; an empty view if `text` is rejected.
std::string_view normal_host(std::string_view text, HostBuffer& buffer) noexcept;

}  // namespace ferrotunnel::http
