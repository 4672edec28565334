// Atomic writing of files: they exist completely or not at all, whatever happens to the disk or the process.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>
#include <system_error>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

struct WholeFile {
    mode_t mode = 0600;      // reduced by the umask
    bool replaces = true;    // otherwise an existing file stays, with the error file_exists
    bool is_lasting = true;  // it is synced to disk before it gets its name; not needed for files that a restart makes
                             // again
    bool cleans = true;      // removes what killed processes have left behind for `path`, which takes time in a folder
                             // with thousands of files
    uid_t owner = static_cast<uid_t>(-1);  // of the file; -1: that of the process
    gid_t group = static_cast<gid_t>(-1);  // likewise
};

/// Writes `text` to a new file beside `path` and renames it to `path`. On failure returns the error, removes the new
/// file and leaves `path` unchanged. A process that is killed meanwhile leaves `path`.NUMBER.new behind, which a later
/// call removes when it is an hour old: another process may be writing it. A symbolic link is replaced, not followed.
/// May block.
FERROTUNNEL_EXPORT std::error_code write_whole_file(const std::filesystem::path& path, std::string_view text,
                                                    const WholeFile& how);

/// The name of the file for which a killed process has left one with this name behind: "token" for "token.123.new".
/// Empty for all other names.
FERROTUNNEL_EXPORT std::string_view left_over_of(std::string_view name) noexcept;

}  // namespace ferrotunnel::detail
