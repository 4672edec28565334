// A plugin in a server's chain: which one, with which settings.
#pragma once

#include <cstdint>
#include <string>

#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel {

/// What happens to an exchange whose plugin fails: it throws, does not decide in time, or asks for what can not be
/// done.
enum class PluginFailure : std::uint8_t {
    usual,   // closed for plugins that decide who may come in, open for others
    closed,  // the visitor gets 503 (`plugin_failed`)
    open,    // the exchange goes on as if the plugin were not there
};

/// One instance of a plugin. Server::Builder::plugin takes them in the order in which requests pass them.
struct PluginUse {
    /// The plugin's library: `ferrotunnel::plugin::library<Hello>`.
    ft_entry library = nullptr;
    /// Which of its types, by name. Empty: its only one.
    std::string type{};
    /// The settings of that type, as JSON or YAML: "{rate: 20/s}". Empty: its defaults.
    std::string settings{};
    /// A name for logs, up to 64 letters, digits, '-', '_' and '.', and another one for each instance. Empty: the
    /// type's name.
    std::string id{};
    PluginFailure on_failure = PluginFailure::usual;
    /// The plugin runs, and what it would have answered is logged; nothing of it is done.
    bool observe = false;

    friend bool operator==(const PluginUse&, const PluginUse&) = default;
};

}  // namespace ferrotunnel
