// Writes files that do not exist yet.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace ferrotunnel::cli {

/// Whether this name exists, even as a link that leads nowhere.
bool is_there(const std::filesystem::path& path);

/// Writes a file that does not exist yet, with this mode minus the process's umask: completely or, if it throws
/// std::system_error, not at all (detail/whole_file.hpp).
void write_new(const std::filesystem::path& path, std::string_view text, mode_t mode = 0644);

/// Gives a file a name that does not exist yet, in the same file system. Throws std::system_error, file_exists if the
/// name is taken.
void rename_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// Creates a folder and its missing parents (detail/new_folder.hpp). Throws std::system_error.
void make_new_folder(const std::filesystem::path& path, mode_t mode = 0755);

}  // namespace ferrotunnel::cli
