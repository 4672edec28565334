// What the user is told about an import, beside the file.
#pragma once

#include <string>
#include <vector>

#include "draft.hpp"

namespace ferrotunnel::cli::importing {

/// Sorts the entries by their places and removes repeated ones.
void sort_entries(Draft& draft);

/// One line for each entry: the place, the key, why it has no equivalent, and what to do instead.
std::vector<std::string> lost_lines(const Draft& draft);
std::vector<std::string> needless_lines(const Draft& draft);
std::vector<std::string> look_at_lines(const Draft& draft);

/// Everything as a JSON object: `written`, `problems`, `command` (one_line_command), `lost`, `look_at`, `needless`.
std::string report_json(const Draft& draft, const std::vector<std::string>& written,
                        const std::vector<std::string>& problems);

}  // namespace ferrotunnel::cli::importing
