// The plugins that a client asks for on one of its services: the array `plugins` of its description. docs/protocol.md
// is the definition. This file knows only their bounds; which types there are, and what their settings mean, is decided
// by the server.
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
/// What each plugin counts besides its texts. With the service's rules they take as much as rules alone may, so that a
/// service fits into one message.
inline constexpr std::size_t service_plugin_bytes = 32;
static_assert(service_plugins_max * (plugin_type_max + service_plugin_bytes) < http_rules_bytes_max);

}  // namespace ferrotunnel::limits

namespace ferrotunnel::wire {

class FieldReader;

struct PluginPart {
    std::string type;
    std::string settings;  // JSON, an object; empty: none
    /// The first key that this version does not know: the service must not be served without what it asks for. Never
    /// sent.
    std::string unknown{};

    friend bool operator==(const PluginPart&, const PluginPart&) = default;
};

using PluginsPart = std::vector<PluginPart>;

/// What they count, together with the service's rules, towards limits::http_rules_bytes_max.
std::size_t bytes_of(const PluginsPart& plugins) noexcept;

/// Writes the key `plugins`; nothing where there are none.
void write_plugins(cbor::Writer& writer, const PluginsPart& plugins);

/// Reads the key `plugins` of a service's description, if it is there.
void read_plugins(FieldReader& service, std::size_t index, PluginsPart& plugins);

}  // namespace ferrotunnel::wire
