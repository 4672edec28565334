// The options --basic-auth, --allow-ip and --rate: plugins that the server is asked for, to guard the services of the
// command line.
#pragma once

#include <vector>

#include "backend_options.hpp"
#include "options.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

/// The options. `requests`: the command's services may be of HTTP.
std::vector<OptionInfo> guard_options(bool requests);

/// Whether any of these options was given.
bool has_guard_options(const Options& options);

/// Applies the options to all services, asking for the password if nothing is wrong so far. A service that one of them
/// cannot guard is a problem, since it would be open.
void apply_guard_options(const Options& options, const std::vector<AnyService*>& services, Signals& signals,
                         Problems& problems);

}  // namespace ferrotunnel::cli
