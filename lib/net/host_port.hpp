// A host and a port as people write them: "host:80".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::net {

/// Examples: "1.2.3.4:80", "[::1]:80", "host:80", ":80" (an empty host: every address, or this machine), and
/// "[fe80::1%eth0]:80": a link-local address has a zone, the interface that it is reached by.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// Nullopt when `text` is none. An IPv6 address needs brackets; "host" without a port takes `default_port` if that is
/// given.
std::optional<HostPort> parse_host_port(std::string_view text, std::optional<std::uint16_t> default_port = {});
/// The reverse: IPv6 addresses get brackets.
std::string to_text(const HostPort& place);

/// The address without its zone: "fe80::1" of "fe80::1%eth0". What others are told has none: it is for this machine.
std::string_view without_zone(std::string_view host) noexcept;

/// What is wrong with a text that is not a valid host and port, in words that follow it: the character that no address
/// has, where there is one; else `expected`.
std::string address_fault(std::string_view text, std::string_view expected);
/// The same behind the text in quotes.
std::string no_address(std::string_view text, std::string_view expected);

/// Whether a host is `localhost`, which is this machine by any of its loopback addresses: in any case, and with the dot
/// of a full name or without it.
bool is_localhost(std::string_view host) noexcept;

}  // namespace ferrotunnel::net
