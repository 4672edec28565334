// Proxies to reach the server, as text in settings and environment variables, and the list of hosts that are reached
// without one.
//
//     http://proxy.example.com:3128     socks5://user:password@192.0.2.1:1080     proxy.example.com:3128
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/host_port.hpp"

namespace ferrotunnel::net {

struct Proxy {
    enum class Kind : std::uint8_t {
        http,    // CONNECT (RFC 9110, 9.3.6)
        socks5,  // RFC 1928, with user and password by RFC 1929; the proxy resolves names
    };

    Kind kind = Kind::http;
    HostPort place;
    std::string user;  // empty: none
    std::string password;

    friend bool operator==(const Proxy&, const Proxy&) = default;
};

/// Parses a proxy. Without a scheme it is `http`; `socks5h` is `socks5`. The default port is 80 for `http` and 1080 for
/// `socks5`. Characters of user and password may be percent-encoded. The error is worded to follow the name of the
/// setting, and never repeats the text, which may contain a password.
Result<Proxy, std::string> parse_proxy(std::string_view text);

/// The proxy without user or password: "http://proxy.example.com:3128".
std::string to_text(const Proxy& proxy);

/// Whether `list`, as in the variable NO_PROXY, matches `place`: its items, separated by commas or spaces, are `*`
/// (everything), a name (which includes all names below it, with or without a leading dot), an address or a network
/// (10.0.0.0/8), each with or without a port (host:443). Invalid items match nothing.
bool is_in_no_proxy(std::string_view list, const HostPort& place);

}  // namespace ferrotunnel::net
