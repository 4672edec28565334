// Creates folders that only their owner may write into, whatever the process's umask is.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <system_error>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

/// Creates a folder with this mode, and missing parent folders with 0755, each reduced by the umask. Returns the error
/// if it could not be created; existing folders stay as they are.
FERROTUNNEL_EXPORT std::error_code make_folder(const std::filesystem::path& folder, mode_t mode);

}  // namespace ferrotunnel::detail
