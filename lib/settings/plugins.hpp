// The plugins of a server's chain, set by an application or a file: validation, and conversion to the engine's form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/checked_value.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "plugin/instance.hpp"
#include "plugin/prepared.hpp"

namespace ferrotunnel::detail {

/// One plugin of the chain. Settings from a file were validated by the schema when the file was read.
struct PluginSpec {
    PluginUse use;
    std::optional<config::CheckedValue> settings;  // from a file, instead of use.settings

    friend bool operator==(const PluginSpec&, const PluginSpec&) = default;
};

struct PreparedPlugin {
    plugin::Prepared prepared;
    plugin::InstanceOptions options;
};

/// Prepares the plugins in their order; those with a problem are left out. A problem's key is like "plugins[1].rate".
std::vector<PreparedPlugin> prepare_plugins(const std::vector<PluginSpec>& specs, std::vector<Problem>& problems);

/// The types that clients may request by default: guards that restrict a service, read no files, and cost little.
std::vector<ClientPlugin> usual_client_plugins();

/// Reports types that clients cannot request, and a chain of `plugins` that leaves no room for the plugins of clients.
void check_client_plugins(const std::vector<ClientPlugin>& types, std::size_t plugins, std::vector<Problem>& problems);

/// Reads the text of a secret's file.
Result<std::string, config::FileError> read_secret_file(const std::string& path);

/// The problem of the name of an instance; empty if it is valid.
std::optional<std::string> plugin_id_fault(const std::string& id);

}  // namespace ferrotunnel::detail
