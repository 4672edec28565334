#include "wire/plugins_part.hpp"

#include <optional>
#include <string_view>

#include "wire/control_fields.hpp"

namespace ferrotunnel::wire {

std::size_t bytes_of(const PluginsPart& plugins) noexcept {
    std::size_t bytes = 0;
    for (const PluginPart& plugin : plugins) {
        bytes += limits::service_plugin_bytes + plugin.type.size() + plugin.settings.size();
    }
    return bytes;
}

void write_plugins(cbor::Writer& writer, const PluginsPart& plugins) {
    if (plugins.empty()) {
        return;
    }
    writer.text("plugins").array(plugins.size());
    for (const PluginPart& plugin : plugins) {
        writer.map(plugin.settings.empty() ? 1 : 2);
        writer.text("type").text(plugin.type);
        if (!plugin.settings.empty()) {
            writer.text("settings").text(plugin.settings);
        }
    }
}

void read_plugins(FieldReader& service, std::size_t index, PluginsPart& plugins) {
    if (!service.has("plugins")) {
        return;
    }
    const auto array = service.array("plugins", limits::service_plugins_max);
    if (!array) {
        return;
    }
    array->for_each_element([&](cbor::Item item) {
        if (!service.failed() && item.type() != cbor::Type::map) {
            service.fail(Code::protocol, "plugins", " has an element that is not a map");
        }
        if (service.failed()) {
            return;
        }
        PluginPart& plugin = plugins.emplace_back();
        FieldReader fields = service.of(item, "register.services.plugins", index);
        fields.text("type", plugin.type, 1, limits::plugin_type_max);
        fields.optional_text("settings", plugin.settings, limits::http_rules_bytes_max);
        item.for_each_pair([&plugin](std::string_view key, cbor::Item) {
            if (key != "type" && key != "settings" && plugin.unknown.empty()) {
                plugin.unknown = key.empty() ? "\"\"" : std::string(key);
            }
        });
    });
}

}  // namespace ferrotunnel::wire
