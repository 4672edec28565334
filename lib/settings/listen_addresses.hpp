// A server's listen addresses, and conflicts between them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "runtime/address.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// The listen address that `text` means, also "localhost". Empty if the text is not a valid address; `default_port` is
/// for a text without a port.
runtime::SocketAddress listening_address(const std::string& text, std::uint16_t default_port);

/// Whether the system would refuse to listen on both addresses: they have the same port, and the same address or one
/// that means every address. Port 0, chosen by the system, never overlaps.
bool overlap(const runtime::SocketAddress& a, const runtime::SocketAddress& b);

/// How long a visitor of a shared port may be silent before it counts as one whose server speaks first.
inline constexpr std::chrono::seconds silent_after{2};

/// Whether two checked addresses of the server are identical, so that it listens once for both.
inline bool is_shared(const std::string& a, const std::string& b) {
    return !a.empty() && a == b && !a.ends_with(":0");
}

/// Appends a problem if two of `bind`, `http_bind`, `https_bind` and `connect_bind` overlap; its key is the later one.
/// A default address is not a problem: it is then not opened. Neither are identical addresses, except for
/// `connect_bind`: several protocols share them.
void check_listen_addresses(const ServerValues& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
