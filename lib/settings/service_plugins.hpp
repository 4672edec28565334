// Plugins that a client requests for its services: validation, and conversion to their registered form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/service_plugin.hpp"
#include "wire/plugins_part.hpp"

namespace ferrotunnel::detail {

/// A value as canonical JSON: without whitespace, keys sorted, each scalar a string, which the schema of the type
/// interprets. Variables are replaced.
std::string json_of(const config::Value& value);
/// A text as a JSON string, with its quotes.
std::string json_string(std::string_view text);

/// The plugins in their registered form. Problems are added to `problems` under the service's name.
wire::PluginsPart plugins_part(const std::vector<ServicePlugin>& plugins, const std::string& service,
                               std::vector<Problem>& problems);

/// A key that differs for plugins with different settings.
inline std::string key_of(const ServicePlugin& plugin) {
    return plugin.type + '\n' + plugin.settings;
}

/// Reads `plugins` of a service in a file: a list like that of a server's chain, of types with their settings. False if
/// a problem was reported.
bool read_service_plugins(const config::Value& value, std::vector<ServicePlugin>& plugins);

}  // namespace ferrotunnel::detail
