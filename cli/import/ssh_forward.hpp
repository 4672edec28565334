// Parses the forwardings of ssh: the value of `-R`, `-L` and `-D`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::cli::importing::command_line {

/// `[BIND:]PORT:HOST:HOSTPORT`, `[BIND:]PORT:/SOCKET`, `/SOCKET:...` or `[BIND:]PORT` alone.
struct SshForward {
    std::optional<std::string> bind;  // without brackets; "" and "*": every address
    std::string port;                 // where it listens; empty: on `listen_socket`
    std::string listen_socket;
    std::string host;  // the destination; empty: `socket`, or one that each visitor chooses (SOCKS)
    std::string host_port;
    std::string socket;

    bool is_dynamic() const { return host.empty() && socket.empty(); }
};

/// Empty if it is not a forwarding.
std::optional<SshForward> parse_ssh_forward(std::string_view text);

}  // namespace ferrotunnel::cli::importing::command_line
