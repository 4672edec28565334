// A proxy on the way to the server, as people and environment variables write it, and the list of places that are
// reached without one.
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

/// Parses a proxy. Without a scheme it is `http`; `socks5h` is `socks5`. The port is 80 for `http` and 1080 for
/// `socks5` where none is given. Characters of user and password may be percent-encoded. The error follows the name of
/// the setting, and never repeats the text, which may hold a password.
Result<Proxy, std::string> parse_proxy(std::string_view text);

/// The proxy without user and password: "http://proxy.example.com:3128".
std::string to_text(const Proxy& proxy);

/// Whether `list`, as in the variable NO_PROXY, names `place`: its items, with commas or spaces between them, are `*`
/// (everything), a name (which stands for all below it too, with or without a dot in front), an address or a network
/// (10.0.0.0/8), each with a port (host:443) or without. What cannot be read names nothing.
bool is_in_no_proxy(std::string_view list, const HostPort& place);

}  // namespace ferrotunnel::net
