// Plugins in files. A library that was loaded stays in the process: code that a thread could still be in is never
// unmapped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// A library that is in the process.
struct Loaded {
    ft_entry entry = nullptr;
};

/// Loads a library. The problem is in words that follow the file's name. Any thread.
Result<Loaded, std::string> load(const std::string& file);

/// The folder of the plugins that are shipped: $FERROTUNNEL_PLUGINS, or where they were installed.
std::string shipped_folder();
/// The types that are shipped there, each in a file of its own, in the order of their names.
std::vector<std::string> shipped_types();
/// The file of a shipped type, and whether it is there.
std::string shipped_file(std::string_view type);
bool is_shipped(std::string_view type);

}  // namespace ferrotunnel::plugin
