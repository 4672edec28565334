// The options --backend-..., --proxy-protocol, --health and --group of services on the command line.
#pragma once

#include <vector>

#include "ferrotunnel/apply.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

/// The options --backend-..., for a command whose services may speak TLS to their backends.
std::vector<OptionInfo> backend_tls_options();
OptionInfo proxy_protocol_option();
OptionInfo health_option();
OptionInfo group_option();

/// Whether any of these options was given.
bool has_backend_options(const Options& options);

/// Applies the options to all services that support them. Reports a problem if there are services, but none that
/// supports them.
void apply_backend_options(const Options& options, const std::vector<AnyService*>& services, Problems& problems);

}  // namespace ferrotunnel::cli
