// Plugins that a client requests for a service: the array `plugins` of its description, defined in docs/protocol.md.
// This file checks only their bounds; the server decides about their types and settings.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "wire/cbor.hpp"

namespace ferrotunnel::limits {

/// Plugins of one service. A password, addresses and a rate are three.
inline constexpr std::size_t service_plugins_max = 8;
inline constexpr std::size_t plugin_type_max = 64;
/// Cost of each plugin besides its texts. Plugins and rules of a service share the limit of rules, so that a service
/// fits into one message.
inline constexpr std::size_t service_plugin_bytes = 32;
static_assert(service_plugins_max * (plugin_type_max + service_plugin_bytes) < http_rules_bytes_max);

}  // namespace ferrotunnel::limits

namespace ferrotunnel::wire {

class FieldReader;

struct PluginPart {
    std::string type;
    std::string settings;  // a JSON object; empty: none
    /// The first key unknown to this version: the service must not be served without it. Never sent.
    std::string unknown{};

    friend bool operator==(const PluginPart&, const PluginPart&) = default;
};

using PluginsPart = std::vector<PluginPart>;

/// Their cost, together with the service's rules, towards limits::http_rules_bytes_max.
std::size_t bytes_of(const PluginsPart& plugins) noexcept;

/// Writes the key `plugins` if there are any.
void write_plugins(cbor::Writer& writer, const PluginsPart& plugins);

/// Reads the key `plugins` of a service's description, if present.
void read_plugins(FieldReader& service, std::size_t index, PluginsPart& plugins);

}  // namespace ferrotunnel::wire
