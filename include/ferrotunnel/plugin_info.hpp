// What plugins in files say of themselves, for those who list or check them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

/// A type of plugin.
struct PluginTypeInfo {
    std::string name;
    std::string version{};                ///< the plugin's own
    std::string summary{};                ///< one line
    std::string schema{};                 ///< of its settings, as JSON; empty: it has none
    std::vector<std::string> hooks{};     ///< what it looks at: "request", "response", "close", "login"...
    std::vector<std::string> needs{};     ///< ids of the host's tables that it can not do without
    bool is_guard = false;                ///< it decides who may come in, and fails closed unless told otherwise
    std::vector<std::string> problems{};  ///< why it can not be used, a sentence each; empty: it can
};

/// A file with plugins.
struct PluginFileInfo {
    std::string file;
    std::uint32_t abi_minor = 0;  ///< FT_ABI_MINOR of the header that it was built with
    std::vector<PluginTypeInfo> types{};
    std::vector<std::string> problems{};  ///< of the file as a whole

    /// Whether a server can use all of it.
    bool is_usable() const noexcept {
        bool usable = problems.empty();
        for (const PluginTypeInfo& type : types) {
            usable = usable && type.problems.empty();
        }
        return usable;
    }
};

/// Loads a file into this process, for good, and asks what is in it. Runs code of that file. Any thread.
FERROTUNNEL_EXPORT PluginFileInfo inspect_plugin(const std::string& file);

/// The folder of the plugins that are shipped: $FERROTUNNEL_PLUGINS, or where they were installed.
FERROTUNNEL_EXPORT std::string shipped_plugins_folder();
/// Loads them, in the order of their names.
FERROTUNNEL_EXPORT std::vector<PluginFileInfo> shipped_plugins();

}  // namespace ferrotunnel
