// A plugin in a server's chain: which one, with which settings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel {

/// What happens to an exchange if its plugin fails: if it throws, does not decide in time, or requests something
/// impossible.
enum class PluginFailure : std::uint8_t {
    usual,   // closed for plugins that control access, open for others
    closed,  // the visitor gets 503 (`plugin_failed`)
    open,    // the exchange continues as if the plugin were not there
};

/// One instance of a plugin. Server::Builder::add_plugin adds them in the order in which requests pass them.
struct PluginUse {
    /// The plugin's library: `ferrotunnel::plugin::library<Hello>`.
    ft_entry library = nullptr;
    /// The name of the type. Empty: the library's only one.
    std::string type{};
    /// The settings of that type, as JSON or YAML: "{rate: 20/s}". Empty: its defaults.
    std::string settings{};
    /// A name for logs, unique in the chain: up to 64 letters, digits, '-', '_' and '.'. Empty: the type's name.
    std::string id{};
    PluginFailure on_failure = PluginFailure::usual;
    /// The plugin runs, but its decisions are only logged and counted, not carried out.
    bool observe = false;
    /// Where it runs: for requests that match one of these hosts, paths and services; an empty list matches all. Hosts
    /// and paths are written as in Http ("*.example.com"; "/api", "= /status", "~ /v[0-9]+"), services by their names.
    /// Up to 64 each, with 8 regular expressions.
    std::vector<std::string> hosts{};
    std::vector<std::string> paths{};
    std::vector<std::string> services{};
    /// `paths` are compared without the case of A to Z, for backends that do the same.
    bool ignore_case = false;
    /// Requests for which it would run get 400 (`ambiguous_path`) if backends may read the path in different ways: with
    /// "//", ';', "%2F" or "%5C".
    bool reject_ambiguous_paths = false;
    /// When it runs: a condition that is evaluated for each request, as described in docs/plugins/when.md, like
    /// `request.method == "POST"`. Empty: always.
    std::string when{};

    friend bool operator==(const PluginUse&, const PluginUse&) = default;
};

/// A type of plugin that clients may request for their own services (Server::Builder::client_plugins).
struct ClientPlugin {
    /// Its name. The schema of its settings defines which of them clients may set.
    std::string type{};
    /// Its library; null if it is shipped, and loaded when a client requests it.
    ft_entry library = nullptr;

    friend bool operator==(const ClientPlugin&, const ClientPlugin&) = default;
};

}  // namespace ferrotunnel
