// "2222=host:22", as --tcp takes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ferrotunnel/tcp.hpp"

namespace ferrotunnel::cli {

/// A backend's address as a service takes it: "22" and ":22" mean this machine. Nothing, and `error` says why, when it
/// can not be one. "unix:/run/app.sock", "https://..." and "tls://..." stay as they are.
std::optional<std::string> parse_backend(std::string_view text, std::string& error);

/// A public port, 0 for one that the server chooses.
std::optional<std::uint16_t> parse_remote_port(std::string_view text, std::string& error);

std::optional<Tcp> parse_tcp_spec(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
