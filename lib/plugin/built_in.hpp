// Plugins that are linked into the program under the names of shipped ones: in a program without shared libraries they
// are the only ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// The prefix of such a plugin's path; the type's name follows.
inline constexpr std::string_view built_in_prefix = "built-in:";

/// Adds a library; the last one of a name counts. Thread-safe, before plugins are used.
void add_built_in(std::string_view type, ft_entry entry);
/// The library of that type; null if there is none. Thread-safe.
ft_entry built_in(std::string_view type);
/// The names, sorted.
std::vector<std::string> built_in_types();

}  // namespace ferrotunnel::plugin
