// A service as the control API describes it: an item of `client.services` of a configuration file, as JSON.
#pragma once

#include <string>
#include <vector>

#include "admin/answer.hpp"
#include "ferrotunnel/error.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Reads it as files are read. Without variables: whoever asks does not know this program's. `file_name`: to its folder
/// relative paths belong.
ConfigFile read_service(const admin::Json& description, const std::string& file_name);

/// A refusal with what is wrong with a service that read_service() has read.
admin::Answer invalid_service(const std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
