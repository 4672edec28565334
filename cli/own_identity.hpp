// What a client of this program and its successor have in common where nobody says so (`identity`).
#pragma once

#include <string>
#include <vector>

#include "config_option.hpp"
#include "wanted_services.hpp"

namespace ferrotunnel::cli {

/// The same for each run, until this machine starts again, by this user, under this host name, of the same
/// configuration file; without a file, with the same services. Different for all others: in containers, which have
/// names of their own, the user says an identity.
std::string own_identity(const Sources& sources, const std::vector<Wanted>& wanted);

}  // namespace ferrotunnel::cli
