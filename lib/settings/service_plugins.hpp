// The plugins that a client asks for on its services: as an application or a file says them, and as they are
// registered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/service_plugin.hpp"
#include "wire/plugins_part.hpp"

namespace ferrotunnel::detail {

/// A value as JSON in one form: without blanks, keys in their order, each scalar a string, which is what the schema of
/// the type makes something of. Variables are replaced.
std::string json_of(const config::Value& value);
/// A text as a string of JSON, with its quotes.
std::string json_string(std::string_view text);

/// The plugins as they are registered. What is wrong goes to `problems`, under the service's name.
wire::PluginsPart plugins_part(const std::vector<ServicePlugin>& plugins, const std::string& service,
                               std::vector<Problem>& problems);

/// What tells plugins apart that ask for different things.
inline std::string key_of(const ServicePlugin& plugin) {
    return plugin.type + '\n' + plugin.settings;
}

/// Reads `plugins` of a service in a file: a list like that of a server's chain, of types with their settings. False:
/// something is wrong, which was reported.
bool read_service_plugins(const config::Value& value, std::vector<ServicePlugin>& plugins);

}  // namespace ferrotunnel::detail
