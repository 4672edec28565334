// What `ferrotunnel login` keeps for later commands: a join string in a file of the user's own, which nobody else may
// read.
#pragma once

#include <optional>
#include <string>

#include "join_string.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// Where it is: below $XDG_CONFIG_HOME, or ~/.config. Empty: there is no home.
std::string login_file();

/// Keeps it, in the place of an earlier one. Throws std::system_error.
void store_login(const Join& join);

/// Nothing where there is none, or where it is wrong, which is a problem.
std::optional<Join> stored_login(Problems& problems);

}  // namespace ferrotunnel::cli
