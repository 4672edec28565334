// What plugins in files say of themselves, for those who list or check them, and what the plugins of a running server
// have done.
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
    std::string schema{};                 ///< of its settings, as JSON; empty: it has none
    std::vector<std::string> hooks{};     ///< what it looks at: "request", "response", "close", "login"...
    std::vector<std::string> needs{};     ///< ids of the host's tables that it cannot do without
    bool is_guard = false;                ///< it decides who may come in, and fails closed unless told otherwise
    std::vector<std::string> problems{};  ///< why it cannot be used, a sentence each; empty: it can
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

/// What has come of a plugin of a chain, since it was made: in requests, visits, logins and registrations. Of one that
/// only observes it is what would have been done.
struct PluginCounts {
    std::uint64_t asked = 0;     ///< hooks that could decide: request, response, login, register, connect
    std::uint64_t answered = 0;  ///< answers and refusals
    std::uint64_t edits = 0;     ///< fields, targets, notes, hosts and limits that were changed
    std::uint64_t bodies = 0;    ///< bodies that it has transformed or collected
    std::uint64_t waits = 0;     ///< decisions that were left for later
    std::uint64_t failures = 0;  ///< its failure policy has answered
    std::uint64_t late = 0;      ///< calls in which it had not decided in time
    std::uint64_t slow = 0;      ///< hooks that have blocked their worker for 100 ms or more
};

/// What a hook of a plugin has taken: of the worker's time by the clock, waiting for decisions that come later left
/// out.
struct PluginHookTime {
    std::string hook;  ///< "request", "response", "body", "close", "login", "register", "connect" or "visit_close"
    std::uint64_t calls = 0;
    std::chrono::nanoseconds time{0};  ///< of all calls together
};

/// A plugin of a running server's chain. A change of the chain that makes it again begins its counts again.
struct PluginInfo {
    std::string id;
    std::string type;
    bool observes = false;      ///< `mode: observe`
    bool fails_closed = false;  ///< `on_failure: closed`
    bool is_off = false;        ///< it has blocked workers too often: its failure policy answers in its place
    PluginCounts counts{};
    std::vector<PluginHookTime> hooks{};  ///< those that were called
};

/// Loads a file into this process, for good, and asks what is in it. Runs code of that file. Any thread.
FERROTUNNEL_EXPORT PluginFileInfo inspect_plugin(const std::string& file);

/// Makes a plugin that is linked into the program known by its type's name, as shipped ones are: configurations, what
/// clients request and shipped_plugins() find it, before a file of that name. Any thread, before plugins are used.
FERROTUNNEL_EXPORT void add_built_in_plugin(const std::string& type, ft_entry entry);

/// The folder of the shipped plugins: $FERROTUNNEL_PLUGINS if it is set; else the first that exists of
/// ../lib/ferrotunnel/plugins as seen from the running program's folder, plugins/modules beside the program, and the
/// place where this build installs them. Any thread.
FERROTUNNEL_EXPORT std::string shipped_plugins_folder();
/// Why no plugin is loaded from that folder: others than its owner may write into it. Empty if nothing prevents it. Any
/// thread.
FERROTUNNEL_EXPORT std::string shipped_plugins_fault();
/// Loads them, in the order of their names, those that are built in first; none if there is a fault. Any thread.
FERROTUNNEL_EXPORT std::vector<PluginFileInfo> shipped_plugins();

}  // namespace ferrotunnel
