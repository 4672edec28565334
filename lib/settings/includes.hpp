// Configurations of several files: those that `include:` names are read, and what they say is put beside what the first
// one says. Groups of keys become one, lists that may have several items are put behind one another, and a value that
// is said twice is a problem.
#pragma once

#include <vector>

#include "config/node.hpp"
#include "config/reader.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Bounds of what a configuration may include.
inline constexpr std::size_t included_files_max = 256;
inline constexpr std::size_t include_depth_max = 4;

/// Adds to `document`, which is that of texts[0], what it includes. Each file that is read is appended to `texts`, and
/// its folder to the context; what is read or looked for goes to `file.files`.
void add_includes(config::Node& document, const ConfigSource& source, config::Context& context, ConfigFile& file,
                  std::vector<ConfigText>& texts);

/// Where what the control socket is told to keep is written. A configuration with a client section includes it by
/// itself where it is there.
std::string kept_file_beside(const std::string& file);

/// The folder of a file, for relative paths; empty: the current one.
std::string folder_of(const std::string& file);

}  // namespace ferrotunnel::detail
