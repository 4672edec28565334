// The options --basic-auth, --allow-ip and --rate: server plugins that guard the services of the command line.
#pragma once

#include <vector>

#include "backend_options.hpp"
#include "options.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

/// The options. `requests`: whether the command's services may be HTTP.
std::vector<OptionInfo> guard_options(bool requests);

/// Whether any of these options was given.
bool has_guard_options(const Options& options);

/// Applies the options to all services, and asks for the password if there is no problem so far. A service that an
/// option cannot guard is a problem, because it would be open.
void apply_guard_options(const Options& options, const std::vector<AnyService*>& services, Signals& signals,
                         Problems& problems);

}  // namespace ferrotunnel::cli
