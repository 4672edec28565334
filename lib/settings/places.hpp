// Where a server listens: addresses that can not be had at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "runtime/address.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// "localhost" is an address to listen on too. Empty where the text is none; `default_port` is for one without a port.
runtime::SocketAddress listening_address(const std::string& text, std::uint16_t default_port);

/// The system would not let both be listened on: the same port, and the same address or one that means every address.
/// Port 0, which the system chooses, is never the same.
bool overlap(const runtime::SocketAddress& a, const runtime::SocketAddress& b);

/// Two of `bind`, `http_bind` and `https_bind` that overlap: a problem of the later one. An address that nobody asked
/// for is not opened then, which is no problem.
void check_places(const ServerValues& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
