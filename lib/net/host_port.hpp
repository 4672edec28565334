// Hosts with ports as text: "host:80".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::net {

/// Examples: "1.2.3.4:80", "[::1]:80", "host:80", ":80" (an empty host: every address, or this machine), and
/// "[fe80::1%eth0]:80": a link-local address has a zone, the interface to reach it.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// Empty if `text` is invalid. An IPv6 address needs brackets; "host" without a port gets `default_port` if that is
/// given. A name may have underscores, but no empty label, no label of more than 63 bytes, and no percent sign; digits
/// with dots must be an IPv4 address.
std::optional<HostPort> parse_host_port(std::string_view text, std::optional<std::uint16_t> default_port = {});
/// The reverse: IPv6 addresses get brackets.
std::string to_text(const HostPort& place);

/// The address without its zone: "fe80::1" of "fe80::1%eth0". Zones are only meaningful on this machine, and are not
/// sent to others.
std::string_view without_zone(std::string_view host) noexcept;

/// What is wrong with a text that is not a valid host and port, worded to follow the text: an invalid character if
/// there is one, otherwise `expected`.
std::string address_fault(std::string_view text, std::string_view expected);
/// address_fault(), preceded by the text in quotes.
std::string quoted_address_fault(std::string_view text, std::string_view expected);

/// Whether a host is `localhost`, which means any loopback address of this machine: in any case, and with or without a
/// final dot.
bool is_localhost(std::string_view host) noexcept;

}  // namespace ferrotunnel::net
