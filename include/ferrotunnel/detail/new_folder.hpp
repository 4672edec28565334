// Makes folders that nobody but their owner may write into, whatever the process's mask is.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <system_error>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

/// Makes a folder with this mode, and those above it that are missing with 0755, each less the process's mask. Returns
/// why it is not there; what is there already stays as it is.
FERROTUNNEL_EXPORT std::error_code make_folder(const std::filesystem::path& folder, mode_t mode);

}  // namespace ferrotunnel::detail
