// Where and when a plugin runs: the keys `hosts`, `paths`, `services` and `when` of an instance, and the notes that
// instances read and set.
#pragma once

#include <string>
#include <vector>

#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "plugin/instance.hpp"
#include "plugin/order_lint.hpp"
#include "settings/plugins.hpp"

namespace ferrotunnel::detail {

/// Reads `hosts`, `paths`, `services` and `when` of a plugin in a file into `use`, and how paths are compared. Reports
/// each problem at its place.
void read_plugin_scope(config::Section& group, const std::string& file_text, PluginUse& use);

/// Compiles what read_plugin_scope() has read into `options`. A problem's key is like "plugins[1].hosts[0]", where
/// `key` is "plugins[1]".
void compile_plugin_scope(const PluginUse& use, const std::string& key, plugin::InstanceOptions& options,
                          std::vector<Problem>& problems);

/// The notes of one plugin of the chain, for the lint of its order.
plugin::NotesOfInstance notes_of(const PluginUse& use, const plugin::Prepared& prepared);

/// Warnings about a chain that was set without a file, as lines for the log: valid but probably not intended. Problems
/// with the plugins themselves are left out.
std::vector<std::string> plugin_warnings(const std::vector<PluginSpec>& specs);

/// The place in a file of a line and column of `text`, the value at `value`: exact if the file has that line unchanged,
/// otherwise the place of the value.
config::Place place_within(const std::string& file_text, config::Place value, const std::string& text,
                           expression::Place at);

}  // namespace ferrotunnel::detail
