#include "settings/json_schema.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "http/page.hpp"
#include "settings/backend.hpp"
#include "settings/client.hpp"
#include "settings/cluster.hpp"
#include "settings/exits.hpp"
#include "settings/file_keys.hpp"
#include "settings/guarded_services.hpp"
#include "settings/http.hpp"
#include "settings/schema_values.hpp"
#include "settings/service_rules.hpp"
#include "settings/visits.hpp"
#include "wire/client_metadata.hpp"
#include "wire/plugins_part.hpp"

namespace ferrotunnel::detail {
namespace {

// Links like "[when](plugins/when.md)" are only useful in docs/.
std::string without_links(std::string text) {
    for (std::size_t end = text.find("]("); end != std::string::npos; end = text.find("](")) {
        const std::size_t begin = text.rfind('[', end);
        const std::size_t close = text.find(')', end);
        text.replace(begin, close + 1 - begin, "docs/" + text.substr(end + 2, close - end - 2));
    }
    return text;
}

std::string description_of(const SettingFacts& facts) {
    return without_links(std::string(facts.help) +
                         (facts.default_text.empty() ? "" : " Default: " + std::string(facts.default_text) + '.'));
}

Json default_of(const FileKey& key) {
    switch (key.facts->form) {
        case Form::on_off:
            return key.initial == "on";
        case Form::number:
            return std::stoull(key.initial);
        case Form::fraction:
            return std::stod(key.initial);
        default:
            return key.initial;
    }
}

Json schema_of(const FileKey& key);

Json properties_of(const std::vector<FileKey>& keys) {
    Json properties = Json::object();
    for (const FileKey& key : keys) {
        properties[key.name] = schema_of(key);
    }
    return properties;
}

Json required_of(const std::vector<FileKey>& keys) {
    Json required = Json::array();
    for (const FileKey& key : keys) {
        if (key.facts != nullptr && key.facts->is_required) {
            required.push_back(key.name);
        }
    }
    return required;
}

Json group_of(const std::vector<FileKey>& keys) {
    Json group{{"type", "object"}, {"additionalProperties", false}, {"properties", properties_of(keys)}};
    if (Json required = required_of(keys); !required.empty()) {
        group["required"] = std::move(required);
    }
    return group;
}

// A group that may be empty: `timing:`.
Json group_or_nothing(const std::vector<FileKey>& keys) {
    Json group = group_of(keys);
    group["type"] = {"object", "null"};
    return group;
}

// Requires neither key, or both.
Json both(const char* one, const char* other) {
    return {{one, {other}}, {other, {one}}};
}

// --- special forms ---

Json with_only(std::string_view key, const std::vector<std::string_view>& not_allowed) {
    Json properties = Json::object();
    for (const std::string_view each : not_allowed) {
        properties[std::string(each)] = false;
    }
    return {{"if", {{"required", {key}}}}, {"then", {{"properties", std::move(properties)}}}};
}

std::vector<std::string_view> names_in(std::initializer_list<std::span<const SettingFacts>> tables,
                                       std::vector<std::string_view> names) {
    for (const auto& table : tables) {
        std::ranges::transform(table, std::back_inserter(names), &SettingFacts::key);
    }
    return names;
}

// A key that is allowed only for exits.
Json exit_of(std::string_view key) {
    return {{"if", {{"required", {key}}}}, {"then", {{"properties", {{"local", {{"const", "exit"}}}}}}}};
}

// A service: of exactly one kind, with a backend unless it redirects, and without keys of other kinds.
Json service_of(const FileKey& services) {
    Json service = group_of(services.keys);
    for (const char* kind : {"tcp", "udp", "tcp+udp", "http", "tls"}) {
        service["oneOf"].push_back({{"required", {kind}}});
    }
    service["anyOf"] = {{{"required", {"local"}}}, {{"required", {"http", "redirect"}}}};
    service["dependencies"] = both("backend_certificate", "backend_key");
    service["dependencies"]["proxy_each"] = {"proxy_protocol"};
    std::vector<std::string_view> of_tls =
        names_in({backend_keys(), exit_keys(), rule_keys()}, {"path", "idle", "bind"});
    std::erase(of_tls, "proxy_protocol");
    std::vector<std::string_view> of_udp = names_in({backend_keys(), exit_keys(), rule_keys()}, {"path", "plugins"});
    std::erase(of_udp, "proxy_protocol");
    std::erase(of_udp, "proxy_each");
    std::vector<std::string_view> of_both = of_udp;
    of_both.push_back("key");
    service["allOf"] = {
        with_only("tcp", names_in({rule_keys()}, {"path", "idle", "proxy_each"})),
        with_only("udp", of_udp),
        with_only("tcp+udp", of_both),
        {{"if", {{"required", {"tcp+udp"}}}},
         {"then", {{"properties", {{"proxy_protocol", {{"not", {{"const", "v1"}}}}}}}}}},
        {{"if", {{"required", {"udp"}}}},
         {"then", {{"properties", {{"proxy_protocol", {{"not", {{"const", "v1"}}}}}}}}}},
        {{"if", {{"required", {"udp"}}, {"properties", {{"udp", {{"const", "private"}}}}}}},
         {"then", {{"required", {"key"}}}}},
        with_only("http", names_in({exit_keys()}, {"idle", "bind", "proxy_each"})),
        with_only("tls", of_tls),
        exit_of("allow"),
        exit_of("users"),
        {{"if", {{"required", {"local"}}, {"properties", {{"local", {{"const", "exit"}}}}}}},
         {"then", {{"required", {"tcp", "allow"}}}}},
    };
    return service;
}

constexpr const char* plugin_name = "[0-9a-z-]{1,64}";

// A plugin of the chain. It checks its own settings.
Json chain_item_of(const FileKey& chain) {
    std::string names = plugin_name;
    for (const FileKey& key : chain.keys) {
        names += '|' + key.name;
    }
    Json properties = properties_of(chain.keys);
    for (Json& property : properties) {
        for (Json& alternative : property["anyOf"]) {
            if (alternative.contains("items")) {
                alternative["minItems"] = 1;  // with an empty `hosts` it would never run
            }
        }
    }
    return {{"type", "object"},
            {"minProperties", 1},
            {"propertyNames", {{"pattern", "^(?:" + names + ")$"}}},
            {"properties", std::move(properties)}};
}

Json service_plugin() {
    return {{"type", "object"},
            {"minProperties", 1},
            {"maxProperties", 1},
            {"propertyNames", {{"pattern", '^' + std::string(plugin_name) + '$'}}},
            {"additionalProperties", {{"type", {"object", "null"}}}}};
}

Json pages() {
    Json states = Json::array({"all"});
    for (std::size_t i = 0; i < http::page_states; ++i) {
        const http::PageStateInfo& info = http::info_of(static_cast<http::PageState>(i));
        for (Json name : {Json(info.code), Json(std::to_string(info.status))}) {
            if (std::ranges::find(states, name) == states.end()) {
                states.push_back(std::move(name));
            }
        }
    }
    return {
        {"type", {"object", "null"}},
        {"propertyNames", {{"enum", std::move(states)}}},
        {"additionalProperties",
         {{"anyOf", {text_like("\\.(?:html?|json|txt)$"), reference("variable"), group_of(keys_of(page_keys()))}}}}};
}

Json hosts() {
    return {{"type", {"object", "null"}},
            {"propertyNames", reference("host or pattern")},
            {"additionalProperties", group_or_nothing(keys_of(page_host_keys()))}};
}

Json names_with_values(bool several) {
    const Json value{{"type", {"string", "number", "boolean"}}};
    Json list{{"type", "array"}, {"items", value}};
    if (!several) {
        list["maxItems"] = 1;
    }
    return {{"type", "object"}, {"additionalProperties", {{"anyOf", {value, std::move(list)}}}}};
}

Json client_metadata() {
    return {{"type", "object"},
            {"maxProperties", limits::client_metadata_pairs_max},
            {"propertyNames", text_like("^[0-9A-Za-z._-]{1," + std::to_string(limits::client_metadata_key_max) + "}$")},
            {"additionalProperties", one_of_these({{{"type", "string"}, {"maxLength", 0}}, reference("text")})}};
}

Json cluster_peers() {
    return {{"type", "object"},
            {"minProperties", 1},
            {"maxProperties", cluster_peers_max},
            {"propertyNames", reference("member name")},
            {"additionalProperties", reference("address")}};
}

Json list_of(Json items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}

// Adds a list of the alternatives. A word that means everything must be the only item.
void add_list(const TypeDescription& type, Json& alternatives) {
    Json items = alternatives;
    if (!type.words.empty()) {
        Json word = list_of(items.front());
        word["maxItems"] = 1;
        items.erase(0);
        alternatives.push_back(std::move(word));
    }
    alternatives.push_back(list_of(one_of_these(std::move(items))));
}

// --- the whole ---

Json schema_of(const FileKey& key) {
    if (key.facts == nullptr) {
        return group_or_nothing(key.keys);
    }
    Json schema{{"description", description_of(*key.facts)}};
    if (!key.initial.empty()) {
        schema["default"] = default_of(key);
    }
    const TypeDescription type = type_description(*key.facts);
    if (type.name == "list of services") {
        schema.update(list_of(service_of(key)));
        return schema;
    }
    if (type.name == "list of plugins") {
        schema.update(list_of(chain_item_of(key)));
        return schema;
    }
    if (type.name == "list of visits") {
        schema.update(list_of(group_of(key.keys)));
        schema["maxItems"] = visits_max;
        return schema;
    }
    if (type.name == "list of services with tokens") {
        schema.update(list_of(group_of(key.keys)));
        schema["maxItems"] = guarded_services_max;
        return schema;
    }
    if (type.name == "list of users" || type.name == "list of disabled services") {
        schema.update(list_of(group_of(key.keys)));
        return schema;
    }
    if (key.facts->form == Form::section && type.name.empty()) {
        schema.update(group_or_nothing(key.keys));
        return schema;
    }
    Json alternatives = alternatives_of(*key.facts);
    if (!key.keys.empty()) {
        alternatives.push_back(group_of(key.keys));
    }
    if (type.accepts_list) {
        add_list(type, alternatives);
    }
    schema["anyOf"] = std::move(alternatives);
    return schema;
}

Json definitions() {
    Json all = value_definitions();
    const auto add = [&all](std::string_view name, Json schema) { all[definition_name(name)] = std::move(schema); };
    add("map of statuses to files", pages());
    add("map of hosts to pages", hosts());
    add("map of names to values", names_with_values(false));
    add(cluster_peers_type, cluster_peers());
    add(client_metadata_type, client_metadata());
    add("map of names to values, or to lists of values", names_with_values(true));
    Json plugins = list_of(service_plugin());
    plugins["maxItems"] = limits::service_plugins_max;
    add("list of plugins for a service", std::move(plugins));
    return all;
}

// The keys that a file must have. With `include`, they may be in other files.
Json needed_without_includes(const FileKey& file) {
    Json sides = Json::object();
    Json one_of_them = Json::array();
    for (const FileKey& key : file.keys) {
        if (Json required = required_of(key.keys); !required.empty()) {
            one_of_them.push_back({{"required", {key.name}}});
            sides[key.name] = {{"type", "object"}, {"required", std::move(required)}};
        }
    }
    sides["server"]["dependencies"] = both("tls_cert", "tls_key");
    sides["server"]["properties"] = {{"token", {{"minItems", 1}}}};
    for (const char* list : {"services", "visits"}) {
        sides["client"]["anyOf"].push_back({{"required", {list}}, {"properties", {{list, {{"minItems", 1}}}}}});
    }
    return {{"anyOf", std::move(one_of_them)}, {"properties", std::move(sides)}};
}

}  // namespace

std::string json_schema() {
    FileKey file = file_keys();
    Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                {"title", "FerroTunnel configuration"},
                {"description",
                 "See docs/configuration.md. `ferrotunnel check` also finds mistakes that a schema "
                 "cannot describe."},
                {"if", {{"required", {"include"}}}},
                {"else", needed_without_includes(file)}};
    schema.update(group_of(file.keys));
    for (const char* side : {"server", "client"}) {  // required above, since other files may have it
        schema["properties"][side].erase("required");
    }
    schema["definitions"] = definitions();
    return schema.dump(2) + '\n';
}

}  // namespace ferrotunnel::detail
