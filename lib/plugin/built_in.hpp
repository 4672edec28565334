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

/// Registers the entry of a plugin that is linked into the program; a later one of the same `type` replaces it. Call it
/// before plugins are used. Thread-safe.
void add_built_in(std::string_view type, ft_entry entry);
/// The entry registered for `type`; null if there is none. Thread-safe.
ft_entry built_in(std::string_view type);
/// The names, sorted.
std::vector<std::string> built_in_types();

}  // namespace ferrotunnel::plugin
