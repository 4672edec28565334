// Files that a command writes where there are none yet.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace ferrotunnel::cli {

/// Whether there is something of that name, be it a link that leads nowhere.
bool is_there(const std::filesystem::path& path);

/// Writes a file that is not there yet, with that mode less the process's mask: all of it or, where that throws
/// std::system_error, nothing (detail/whole_file.hpp).
void write_new(const std::filesystem::path& path, std::string_view text, mode_t mode = 0644);

/// Makes a folder and those above it that are missing (detail/new_folder.hpp). Throws std::system_error.
void make_new_folder(const std::filesystem::path& path, mode_t mode = 0755);

}  // namespace ferrotunnel::cli
