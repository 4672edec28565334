// The server's default folder for its certificate.
#pragma once

#include <string>

namespace ferrotunnel::cli {

/// $STATE_DIRECTORY, which systemd sets; /var/lib/ferrotunnel for root; $XDG_STATE_HOME/ferrotunnel or
/// ~/.local/state/ferrotunnel for others; empty without a home.
std::string default_state_dir();

}  // namespace ferrotunnel::cli
