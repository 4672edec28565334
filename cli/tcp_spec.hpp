// Parses values of --tcp and --udp: "2222=host:22".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/udp.hpp"

namespace ferrotunnel::cli {

/// Reads a backend's address and returns it in the form of a service: "22" and ":22" mean this machine. Empty if it is
/// not valid; `error` then has the reason. "unix:/run/app.sock", "files:./dist", "https://..." and "tls://..." are
/// returned unchanged.
std::optional<std::string> parse_backend(std::string_view text, std::string& error);

/// Reads a public port; 0: the server chooses one.
std::optional<std::uint16_t> parse_remote_port(std::string_view text, std::string& error);

/// Reads "PORT=ADDRESS", or a range, as a TCP service and a UDP service for each port; the UDP services are added to
/// `udp`. Empty, with the reason in `error`, if it is not valid.
std::vector<Tcp> parse_tcp_udp_spec(std::string_view text, std::vector<Udp>& udp, std::string& error);

/// Reads "NAME=ADDRESS" as a private service; empty, with the reason in `error`, if it is not valid.
std::vector<Tcp> parse_private_spec(std::string_view text, std::string& error);
std::vector<Udp> parse_private_udp_spec(std::string_view text, std::string& error);

/// Reads "PORT=ADDRESS", or several services for a range of ports, "20000-20010=127.0.0.1:3000-3010". Empty, with the
/// reason in `error`, if it is not valid.
std::vector<Tcp> parse_tcp_spec(std::string_view text, std::string& error);
std::vector<Udp> parse_udp_spec(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
