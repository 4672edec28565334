// A whole configuration as one YAML text: all its files merged, with defaults added and secrets hidden.
#pragma once

#include <string>

#include "config/node.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Secrets are shown as "(hidden)": tokens, the secrets of plugins, passwords in URLs, and header fields that are
/// likely to contain one. The file or variable that a secret is read from is shown.
std::string effective_text(const ConfigFile& file);

/// The whole configuration as a tree, in which defaults have no place.
config::Node effective_document(const ConfigFile& file);
/// A text of effective_document() as shown. `key` is its key; `free_names`: it is below keys that users choose.
std::string shown_text(const ConfigFile& file, const config::Node& text, const std::string& key, bool free_names);
/// Whether users choose the keys below this one. `path` is its full path, like "server.plugins.chain".
bool has_free_names(const std::string& path, const std::string& key);

}  // namespace ferrotunnel::detail
