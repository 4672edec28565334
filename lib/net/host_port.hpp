// A host and a port as people write them: "host:80".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::net {

/// Examples: "1.2.3.4:80", "[::1]:80", "host:80", ":80" (an empty host: every address, or this machine).
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

/// Whether a host is `localhost`, which is this machine by any of its loopback addresses: in any case, and with the dot
/// of a full name or without it.
bool is_localhost(std::string_view host) noexcept;

}  // namespace ferrotunnel::net
