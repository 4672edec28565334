// A server's listen addresses: their check, conflicts between them, and what shares a port.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::detail {

struct ServerSettings;
struct ServerValues;

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

/// Appends a problem if two of `bind`, `http_bind`, `https_bind`, `connect_bind` and `cluster.listen` overlap; its key
/// is the later one. A default address is not a problem: it is then not opened. Neither are identical addresses of the
/// first three: several protocols share them.
void check_listen_addresses(const ServerValues& settings, std::vector<Problem>& problems);

/// Brings the fallbacks of `http_bind` and `https_bind` into normal form, and appends their problems.
void check_fallbacks(ServerValues& settings, std::vector<Problem>& problems);

/// What is wrong with a listen address for public ports, to follow it in quotes: its zone, a character that no address
/// has, or `expected`.
std::string public_bind_fault(std::string_view text, std::string_view expected);
/// Normal form of an IP address like "127.0.0.1", "[::1]" or "::1"; empty if it is invalid.
std::optional<std::string> ip_address_of(std::string_view text);

// Parts of the check of a server's settings. Each brings its addresses into normal form.
void check_bind(ServerSettings& settings, std::vector<Problem>& problems);
void check_tcp_bind(ServerSettings& settings, std::vector<Problem>& problems);
void check_public_host(const std::string& host, std::vector<Problem>& problems);
/// `http_bind`, and `domain`.
void check_http_bind(ServerSettings& settings, std::vector<Problem>& problems);
void check_connect_bind(ServerSettings& settings, std::vector<Problem>& problems);
/// Checks a port that several protocols share.
void check_sharing(const ServerSettings& settings, std::vector<Problem>& problems);
/// Clears addresses that are off; after this, empty means off.
void leave_out_what_is_off(ServerSettings& settings);

}  // namespace ferrotunnel::detail
