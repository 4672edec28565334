// Services as --tcp and --udp take them: "2222=host:22".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/udp.hpp"

namespace ferrotunnel::cli {

/// Reads a backend's address and returns it as a service takes it: "22" and ":22" mean this machine. Returns nothing if
/// it cannot be one; `error` then says why. "unix:/run/app.sock", "files:./dist", "https://..." and "tls://..." stay
/// as they are.
std::optional<std::string> parse_backend(std::string_view text, std::string& error);

/// Reads a public port; 0 means one that the server chooses.
std::optional<std::uint16_t> parse_remote_port(std::string_view text, std::string& error);

/// Reads "PORT=ADDRESS", or a range, as a TCP service and a UDP service of the same number for each port: `udp` has the
/// latter. None, and why, if it is wrong.
std::vector<Tcp> parse_tcp_udp_spec(std::string_view text, std::vector<Udp>& udp, std::string& error);

/// Reads "NAME=ADDRESS" as a private service; none, and why, if it is wrong.
std::vector<Tcp> parse_private_spec(std::string_view text, std::string& error);
std::vector<Udp> parse_private_udp_spec(std::string_view text, std::string& error);

/// Several services for a range of ports, "20000-20010=127.0.0.1:3000-3010". None: the text is wrong, and `error` says
/// why.
std::vector<Tcp> parse_tcp_spec(std::string_view text, std::string& error);
std::vector<Udp> parse_udp_spec(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
