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
    uid_t owner = static_cast<uid_t>(-1);  // of the file; -1: that of the process
    gid_t group = static_cast<gid_t>(-1);  // likewise
};

/// Writes `text` to a new file beside `path` and renames it to `path`. On failure returns the error, removes the new
/// file and leaves `path` unchanged. A process that is killed meanwhile leaves `path`.NUMBER.new behind. A symbolic
/// link is replaced, not followed. May block.
FERROTUNNEL_EXPORT std::error_code write_whole_file(const std::filesystem::path& path, std::string_view text,
                                                    const WholeFile& how);

}  // namespace ferrotunnel::detail
