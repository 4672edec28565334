// The default `identity` of a client and its successor.
#pragma once

#include <string>
#include <vector>

#include "config_option.hpp"
#include "requested_services.hpp"

namespace ferrotunnel::cli {

/// An identity that is equal in each run until this machine restarts, for one user, host name and configuration file;
/// without a file, for the same services. All others get another one: in containers, which have host names of their
/// own, the user sets the identity.
std::string own_identity(const Sources& sources, const std::vector<RequestedService>& wanted);

}  // namespace ferrotunnel::cli
