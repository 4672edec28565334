// Writes files that are there completely or not at all, whatever becomes of the disk or the process.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>
#include <system_error>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

struct WholeFile {
    mode_t mode = 0600;      // less the process's mask
    bool replaces = true;    // else a file of that name stays as it is, which is the error file_exists
    bool is_lasting = true;  // it is on the disk before it gets its name; not needed for what a restart makes again
};

/// Writes `text` to a new file beside `path`, which then gets its name. Returns why not: nothing is left of it then,
/// and what had that name has it still. A process that is killed meanwhile leaves `path`.NUMBER.new behind. A link is
/// replaced, not followed. May block.
FERROTUNNEL_EXPORT std::error_code write_whole_file(const std::filesystem::path& path, std::string_view text,
                                                    const WholeFile& how);

}  // namespace ferrotunnel::detail
