// Where the server keeps its certificate if the user names no other folder.
#pragma once

#include <string>

namespace ferrotunnel::cli {

/// $STATE_DIRECTORY, which systemd sets; /var/lib/ferrotunnel for root; $XDG_STATE_HOME/ferrotunnel or
/// ~/.local/state/ferrotunnel for others; empty when there is no home.
std::string default_state_dir();

}  // namespace ferrotunnel::cli
