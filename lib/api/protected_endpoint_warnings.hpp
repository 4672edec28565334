// Warnings about services that lead to the program's own control API.
#pragma once

#include <vector>

#include "ferrotunnel/error.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Where services, exits and `managed` of the client lead to a dashboard without a secret, or to a control socket, of
/// the same file. Connections there are refused (runtime/protected_endpoints.hpp).
std::vector<Problem> protected_endpoint_warnings(const ConfigFile& file);

}  // namespace ferrotunnel::detail
