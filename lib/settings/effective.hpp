// A whole configuration as one YAML text: what all its files say, with the defaults of what they leave out, and without
// secrets.
#pragma once

#include <string>

#include "config/node.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Secrets are shown as "(hidden)": tokens, the secrets of plugins, passwords in URLs, and header fields that are
/// likely to have one. Where a secret is read from a file or a variable, that is shown.
std::string effective_text(const ConfigFile& file);

/// The same as a tree; defaults have no place.
config::Node effective_document(const ConfigFile& file);
/// A text of that tree as it is shown. `key` is its own; `free_names`: it is below keys that users choose.
std::string shown_text(const ConfigFile& file, const config::Node& text, const std::string& key, bool free_names);
/// Whether users choose the keys below this one. `path` is the whole of it, like "server.plugins.chain".
bool has_free_names(const std::string& path, const std::string& key);

}  // namespace ferrotunnel::detail
