// Where a server listens, and which of these addresses exclude each other.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "runtime/address.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// The address to listen on that `text` means; "localhost" is one too. Empty if the text is not a valid address;
/// `default_port` is for a text without a port.
runtime::SocketAddress listening_address(const std::string& text, std::uint16_t default_port);

/// Whether the system would refuse to listen on both addresses: they have the same port, and the same address or one
/// that means every address. Port 0, for which the system chooses one, is never the same.
bool overlap(const runtime::SocketAddress& a, const runtime::SocketAddress& b);

/// How long a visitor of a shared port may be silent until it is taken for one that waits for the server to speak.
inline constexpr std::chrono::seconds silent_after{2};

/// Whether two of the server's addresses, as the check has left them, are one on which it listens once.
inline bool is_shared(const std::string& a, const std::string& b) {
    return !a.empty() && a == b && !a.ends_with(":0");
}

/// Appends a problem where two of `bind`, `http_bind`, `https_bind` and `connect_bind` overlap; its key is the later
/// one. An address that nobody asked for is not a problem: it is not opened then. Nor is one that is the same to the
/// letter, but for `connect_bind`: several protocols share it.
void check_places(const ServerValues& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
