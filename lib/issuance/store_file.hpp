// Single files of the store.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ferrotunnel::issuance {

/// The content of a regular file of at most `bytes_max` bytes; a value without text: there is no such file. Links are
/// not followed. The error has the path and the reason.
Result<std::optional<std::string>, std::string> read_store_file(const std::filesystem::path& path,
                                                                std::size_t bytes_max);
/// Replaces a file atomically, 0600, and synced. Returns what is wrong, with the path, or nothing.
std::string write_store_file(const std::filesystem::path& path, std::string_view text);
/// Removes a file if it is there.
void remove_store_file(const std::filesystem::path& path) noexcept;

/// Overwrites a text that held a key.
void wipe(std::string& text) noexcept;

}  // namespace ferrotunnel::issuance
