// A service as described in the control API: an item of `client.services` of a configuration file, as JSON.
#pragma once

#include <string>
#include <vector>

#include "admin/answer.hpp"
#include "ferrotunnel/error.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Reads a description like a file, but without variables: the sender does not see this program's environment.
/// `file_name`: its folder is the base of relative paths.
ConfigFile read_service(const admin::Json& description, const std::string& file_name);

/// A refusal with the problems of a service that read_service() has read.
admin::Answer invalid_service(const std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
