// Information about plugins in files, for listing and checking them, and statistics of the plugins of a running server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel {

/// A type of plugin.
struct PluginTypeInfo {
    std::string name;
    std::string version{};                ///< the plugin's own
    std::string summary{};                ///< one line
    std::string schema{};                 ///< of its settings, as JSON; empty if it has none
    std::vector<std::string> hooks{};     ///< its hooks: "request", "response", "close", "login"...
    std::vector<std::string> needs{};     ///< ids of the host's tables that it requires
    bool is_guard = false;                ///< whether the plugin controls access; then it fails closed by default
    std::vector<std::string> problems{};  ///< why it cannot be used, a sentence each; empty if it can
};

/// A file with plugins.
struct PluginFileInfo {
    std::string file;
    std::uint32_t abi_minor = 0;  ///< FT_ABI_MINOR of the header that it was built with
    std::vector<PluginTypeInfo> types{};
    std::vector<std::string> problems{};  ///< of the file as a whole

    /// Whether a server can use the file and all its types.
    bool is_usable() const noexcept {
        bool usable = problems.empty();
        for (const PluginTypeInfo& type : types) {
            usable = usable && type.problems.empty();
        }
        return usable;
    }
};

/// Counters of a plugin of a chain since it was made, for requests, visits, logins and registrations. With `mode:
/// observe` they count what would have been done.
struct PluginCounts {
    std::uint64_t asked = 0;     ///< hooks that could decide: request, response, login, register, connect
    std::uint64_t answered = 0;  ///< responses and refusals
    std::uint64_t edits = 0;     ///< fields, targets, notes, hosts and limits that were changed
    std::uint64_t bodies = 0;    ///< bodies that it has transformed or collected
    std::uint64_t waits = 0;     ///< decisions that were made later
    std::uint64_t failures = 0;  ///< failures, handled by its failure policy
    std::uint64_t late = 0;      ///< calls without a decision in time
    std::uint64_t slow = 0;      ///< hooks that blocked their worker for 100 ms or more
};

/// Wall-clock time of the worker in a hook of a plugin, without waits for later decisions.
struct PluginHookTime {
    std::string hook;  ///< "request", "response", "body", "close", "login", "register", "connect" or "visit_close"
    std::uint64_t calls = 0;
    std::chrono::nanoseconds time{0};  ///< of all calls together
};

/// A plugin of a running server's chain. Its counters restart if a change of the chain makes it again.
struct PluginInfo {
    std::string id;
    std::string type;
    bool observes = false;      ///< `mode: observe`
    bool fails_closed = false;  ///< `on_failure: closed`
    bool is_off = false;        ///< the instance blocked workers too often, and its failure policy decides in its place
    PluginCounts counts{};
    std::vector<PluginHookTime> hooks{};  ///< those that were called
};

/// Loads a file into this process permanently, and returns its plugins. Runs code of that file. Callable on any thread.
FERROTUNNEL_EXPORT PluginFileInfo inspect_plugin(const std::string& file);

/// Registers a plugin that is linked into the program under its type's name, like the shipped ones: configurations,
/// requests of clients and shipped_plugins() find it before a file of that name. Callable on any thread, before plugins
/// are used.
FERROTUNNEL_EXPORT void add_built_in_plugin(const std::string& type, ft_entry entry);

/// The folder of the shipped plugins: $FERROTUNNEL_PLUGINS if it is set, otherwise the first that exists of
/// ../lib/ferrotunnel/plugins relative to the running program's folder, plugins/modules beside the program, and the
/// install folder of this build. Callable on any thread.
FERROTUNNEL_EXPORT std::string shipped_plugins_folder();
/// Why no plugin is loaded from that folder: other users may write into it. Empty if nothing prevents it. Callable on
/// any thread.
FERROTUNNEL_EXPORT std::string shipped_plugins_fault();
/// Loads the shipped plugins, sorted by name, with built-in ones first; none if shipped_plugins_fault() is not empty.
/// Callable on any thread.
FERROTUNNEL_EXPORT std::vector<PluginFileInfo> shipped_plugins();

}  // namespace ferrotunnel
