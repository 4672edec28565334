#include "settings/service_plugins.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/text.hpp"
#include "config/document.hpp"
#include "plugin/library.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Node;
using config::Value;

// Control characters are two ranges of Unicode; the second one has two bytes each, C2 80 to C2 9F.
std::string escaped(unsigned character) {
    std::array<char, 8> text{};
    (void)std::snprintf(text.data(), text.size(), "\\u%04x", character);
    return text.data();
}

std::string list_of(const Value& value) {
    std::string inside;
    for (const Value& item : value.items()) {
        inside += (inside.empty() ? "" : ",") + json_of(item);
    }
    return '[' + inside + ']';
}

std::string map_of(const Value& value) {
    std::vector<std::string> pairs;
    for (const auto& [key, each] : value.section().all()) {
        pairs.push_back(json_string(key) + ':' + json_of(each));
    }
    std::ranges::sort(pairs);
    std::string inside;
    for (const std::string& pair : pairs) {
        inside += (inside.empty() ? "" : ",") + pair;
    }
    return '{' + inside + '}';
}

// The settings in canonical form; empty, with problems, if they cannot be parsed.
std::string canonical(const ServicePlugin& plugin, const std::string& service, std::vector<Problem>& problems) {
    if (plugin.settings.empty()) {
        return {};
    }
    config::Report report;
    const Node document = config::parse_document(plugin.settings, report);
    config::Context context{report, {}, {}, {}, false};
    std::string text = json_of(Value(document, context, "", document.place));
    for (const config::Finding& finding : report.take()) {
        problems.push_back({service, "`plugins`: the settings of " + in_quotes(plugin.type) + ": " + finding.text});
    }
    return text;
}

}  // namespace

std::string json_string(std::string_view text) {
    std::string json = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
        if (c == '"' || c == '\\') {
            json += '\\';
            json += text[i];
        } else if (c < 0x20 || c == 0x7f) {
            json += escaped(c);
        } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
            json += escaped(next);
            ++i;
        } else {
            json += text[i];
        }
    }
    return json + '"';
}

std::string json_of(const Value& value) {
    switch (value.node().kind) {
        case Node::Kind::nothing:
            return "null";
        case Node::Kind::text:
            return json_string(value.text().value_or(""));
        case Node::Kind::list:
            return list_of(value);
        case Node::Kind::map:
            return map_of(value);
    }
    return {};
}

wire::PluginsPart plugins_part(const std::vector<ServicePlugin>& plugins, const std::string& service,
                               std::vector<Problem>& problems) {
    wire::PluginsPart part;
    if (plugins.size() > limits::service_plugins_max) {
        problems.push_back({service, "`plugins` are " + std::to_string(plugins.size()) + "; there may be up to " +
                                         std::to_string(limits::service_plugins_max)});
        return part;
    }
    for (const ServicePlugin& plugin : plugins) {
        if (!plugin::is_type_name(plugin.type)) {
            problems.push_back({service, "`plugins`: " + in_quotes(plugin.type) + " is not a valid plugin type"});
            continue;
        }
        part.push_back({plugin.type, canonical(plugin, service, problems)});
    }
    if (wire::bytes_of(part) > limits::http_rules_bytes_max) {
        problems.push_back({service, "`plugins` take " + std::to_string(wire::bytes_of(part)) + " bytes; at most " +
                                         std::to_string(limits::http_rules_bytes_max)});
    }
    return part;
}

bool read_service_plugins(const Value& value, std::vector<ServicePlugin>& plugins) {
    const std::size_t problems = value.context().report.size();
    for (const Value& item : value.items()) {
        config::Section group = item.section();
        const auto named = group.all();
        if ((item.is_group() && named.size() != 1) || item.node().kind == Node::Kind::nothing) {
            item.problem("expected one plugin with its settings, like `ip-filter: {allow: 10.0.0.0/8}`");
            continue;
        }
        for (const auto& [type, settings] : named) {
            if (!plugin::is_type_name(type)) {
                settings.problem_at_key("is not a valid plugin type");
            }
            const bool has_keys = settings.is_group() || settings.node().kind == Node::Kind::nothing;
            if (!has_keys) {
                settings.unexpected("the settings of the plugin, like {allow: 10.0.0.0/8}");
            }
            plugins.emplace_back(type, has_keys && settings.is_group() ? json_of(settings) : "");
        }
    }
    return value.context().report.size() == problems;
}

}  // namespace ferrotunnel::detail

namespace ferrotunnel {

ServicePlugin ServicePlugin::allow_ip(const std::vector<std::string>& networks) {
    std::string list;
    for (const std::string& network : networks) {
        list += (list.empty() ? "" : ",") + detail::json_string(network);
    }
    return ServicePlugin("ip-filter", "{\"allow\":[" + list + "]}");
}

ServicePlugin ServicePlugin::rate(const std::string& rate, unsigned burst) {
    const std::string more = burst != 0 ? "\"burst\":\"" + std::to_string(burst) + "\"," : "";
    return ServicePlugin("rate-limit", "{" + more + "\"rate\":" + detail::json_string(rate) + "}");
}

ServicePlugin ServicePlugin::basic_auth(const std::string& user, const std::string& hash) {
    return ServicePlugin("auth", "{\"users\":{" + detail::json_string(user) + ":" + detail::json_string(hash) + "}}");
}

}  // namespace ferrotunnel
