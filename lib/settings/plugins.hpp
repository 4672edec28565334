// The plugins of a server's chain: what is wrong with them, and the form in which the engine takes them.
#pragma once

#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "plugin/instance.hpp"
#include "plugin/prepared.hpp"

namespace ferrotunnel::detail {

struct PreparedUse {
    plugin::Prepared prepared;
    plugin::InstanceOptions options;
};

/// Prepares the plugins in their order; those with a problem are left out. A problem's key is like "plugins[1].rate".
std::vector<PreparedUse> prepare_plugins(const std::vector<PluginUse>& uses, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
