// Services as --tcp takes them: "2222=host:22".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ferrotunnel/tcp.hpp"

namespace ferrotunnel::cli {

/// Reads a backend's address and returns it as a service takes it: "22" and ":22" mean this machine. Returns nothing if
/// it can not be one; `error` then says why. "unix:/run/app.sock", "https://..." and "tls://..." stay as they are.
std::optional<std::string> parse_backend(std::string_view text, std::string& error);

/// Reads a public port; 0 means one that the server chooses.
std::optional<std::uint16_t> parse_remote_port(std::string_view text, std::string& error);

std::optional<Tcp> parse_tcp_spec(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
