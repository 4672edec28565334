// The saved login of `ferrotunnel login`: a join string in a file that only its user can read.
#pragma once

#include <optional>
#include <string>

#include "join_string.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// The path below $XDG_CONFIG_HOME, or ~/.config. Empty without a home.
std::string login_file();

/// The file of the servers that clients with the saved login have learned (known_servers.hpp); empty without a home.
std::string known_servers_file();

/// Saves it, replacing an earlier one. Throws std::system_error.
void store_login(const Join& join);

/// Empty if there is none, or if it is not valid, which is a problem.
std::optional<Join> stored_login(Problems& problems);

}  // namespace ferrotunnel::cli
