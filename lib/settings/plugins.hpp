// The plugins of a server's chain, as an application or a file names them: what is wrong with them, and the form in
// which the engine takes them.
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

/// One plugin of the chain. What a file says was checked by the schema when the file was read.
struct PluginSpec {
    PluginUse use;
    std::optional<config::CheckedValue> settings;  // of a file, in place of use.settings

    friend bool operator==(const PluginSpec&, const PluginSpec&) = default;
};

struct PreparedPlugin {
    plugin::Prepared prepared;
    plugin::InstanceOptions options;
};

/// Prepares the plugins in their order; those with a problem are left out. A problem's key is like "plugins[1].rate".
std::vector<PreparedPlugin> prepare_plugins(const std::vector<PluginSpec>& specs, std::vector<Problem>& problems);

/// The types that clients may ask for where the operator says nothing: guards that make a service less open, read no
/// files, and cost little.
std::vector<ClientPlugin> usual_client_plugins();

/// Reports types that clients cannot ask for, and a chain of `plugins` that leaves no room for theirs.
void check_client_plugins(const std::vector<ClientPlugin>& types, std::size_t plugins, std::vector<Problem>& problems);

/// Reads the text of a secret's file, or says why there is none.
Result<std::string, config::FileError> read_secret_file(const std::string& path);

/// What is wrong with the name of an instance; nothing if it is right.
std::optional<std::string> plugin_id_fault(const std::string& id);

}  // namespace ferrotunnel::detail
