// A whole configuration as it is shown, all its files merged, with defaults added and secrets hidden: as one YAML text,
// and what differs between two, key by key.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/config_change.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Secrets are shown as "(hidden)": tokens, the secrets of plugins, passwords in URLs, and header fields that are
/// likely to contain one. The file or variable that a secret is read from is shown.
std::string effective_text(const ConfigFile& file);

/// In the order of the keys. Texts are compared as shown, so two hidden secrets are equal.
std::vector<ConfigChange> changes_between(const ConfigFile& before, const ConfigFile& now);

}  // namespace ferrotunnel::detail
