// Differences between two configurations, key by key.
//
//   documents with their defaults --> flat lists: key with the names of items --> compared as they are shown
#pragma once

#include <vector>

#include "ferrotunnel/config_change.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// In the order of the keys. Texts are compared as shown, so two hidden secrets are equal.
std::vector<ConfigChange> changes_between(const ConfigFile& before, const ConfigFile& now);

}  // namespace ferrotunnel::detail
