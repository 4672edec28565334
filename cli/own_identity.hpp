// The default `identity` of a client and its successor.
#pragma once

#include <string>
#include <vector>

#include "config_option.hpp"
#include "requested_services.hpp"

namespace ferrotunnel::cli {

/// The same for each run until this machine restarts, for this user, host name and configuration file; without a file,
/// for the same services. Different for all others: in containers, which have names of their own, the user sets the
/// identity.
std::string own_identity(const Sources& sources, const std::vector<RequestedService>& wanted);

}  // namespace ferrotunnel::cli
