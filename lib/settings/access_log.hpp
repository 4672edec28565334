// Validation of the access log's settings.
#pragma once

#include <vector>

#include "ferrotunnel/error.hpp"
#include "settings/server.hpp"

namespace ferrotunnel::detail {

/// Appends problems beyond the bounds of single settings, and clears a path that is `off`.
void check_access_log(ServerValues& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
