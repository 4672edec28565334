// Single files of the store.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/wipe.hpp"

namespace ferrotunnel::issuance {

/// The content of a regular file of at most `bytes_max` bytes; a value without text: there is no such file. Links are
/// not followed. The error has the path and the reason.
Result<std::optional<std::string>, std::string> read_store_file(const std::filesystem::path& path,
                                                                std::size_t bytes_max);
/// The same for a file with a key. An error, too, if other users may read or change it, or if it is of another user,
/// but root: they could sign as well.
Result<std::optional<std::string>, std::string> read_key_file(const std::filesystem::path& path, std::size_t bytes_max);
/// Replaces a file atomically, 0600, and synced. Returns what is wrong, with the path, or nothing.
std::string write_store_file(const std::filesystem::path& path, std::string_view text);
/// Removes a file if it is there.
void remove_store_file(const std::filesystem::path& path) noexcept;

/// Makes a folder, 0700, unless there is one. Throws std::system_error, whose text has `what` and the path: also if it
/// is a link, if it is of another user, but root, or if others may write to it, who could replace keys.
void make_own_folder(const std::filesystem::path& folder, std::string_view what);
/// Removes what killed processes have left behind in a folder: files of write_store_file() that were written before
/// this time; `all`: whatever their names are.
void remove_left_over_files(const std::filesystem::path& folder, std::filesystem::file_time_type before,
                            bool all = false) noexcept;

}  // namespace ferrotunnel::issuance
