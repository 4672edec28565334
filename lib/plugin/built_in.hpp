// Plugins that are linked into the program and go by the names of shipped ones: in a program without shared libraries
// they are the only ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// How paths of such plugins begin, behind which the type's name follows.
inline constexpr std::string_view built_in_prefix = "built-in:";

/// Adds a library; the last one of a name counts. Any thread, before plugins are used.
void add_built_in(std::string_view type, ft_entry entry);
/// The library of that type; null without one. Any thread.
ft_entry built_in(std::string_view type);
/// The names, in order.
std::vector<std::string> built_in_types();

}  // namespace ferrotunnel::plugin
