// Configurations of several files: the files that `include:` names are read and merged into the first one. Groups of
// keys are merged, lists are concatenated, and a value that is set twice is a problem.
#pragma once

#include <vector>

#include "config/node.hpp"
#include "config/reader.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Limits of included files.
inline constexpr std::size_t included_files_max = 256;
inline constexpr std::size_t include_depth_max = 4;

/// Merges the included files into `document`, that of texts[0]. Each file that is read is appended to `texts`, and its
/// folder to the context; files read or looked for are added to `file.files`.
void add_includes(config::Node& document, const ConfigSource& source, config::Context& context, ConfigFile& file,
                  std::vector<ConfigText>& texts);

/// The file for services saved through the control socket. A configuration with a client section includes it
/// automatically if it exists.
std::string saved_services_file(const std::string& file);

/// The folder of a file, for relative paths; empty: the current one.
std::string folder_of(const std::string& file);

}  // namespace ferrotunnel::detail
