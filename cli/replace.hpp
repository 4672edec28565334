// Replaces a running server, or uses sockets of a service manager: docs/operations.md, "Upgrades".
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/passed_socket.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

OptionInfo replace_option();

/// The control socket of the server to replace: `control` as configured, or in the usual places. Empty if none runs.
/// Throws std::runtime_error if several are possible.
std::string server_to_replace(const std::string& control);

/// The sockets that systemd, or a program with the same protocol, has opened for this process (LISTEN_FDS). To be
/// called once.
std::vector<PassedSocket> sockets_of_manager();

}  // namespace ferrotunnel::cli
