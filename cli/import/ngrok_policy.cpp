// ngrok's traffic policies: actions without conditions that a service can have here; all others are of the server.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "guards.hpp"
#include "ngrok.hpp"

namespace ferrotunnel::cli::importing::ngrok {
namespace {

/// Actions that only change what visitors get. Without any other action, more visitors would get in, or would reach
/// other paths of the backend.
constexpr std::array<std::string_view, 10> harmless{
    "add-headers", "remove-headers",  "compress-response", "log",       "rate-limit",
    "set-vars",    "circuit-breaker", "http-request",      "event-log", "terminate-tls"};

constexpr std::string_view translate = "write it as a plugin of the server: docs/plugins/from-ngrok.md";

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

class PolicyReader {
public:
    PolicyReader(Draft& draft, Node& service, LostGuards& guards) : draft_(draft), service_(service), guards_(guards) {}

    void read_phase(Keys& policy, const std::string& phase) {
        is_response_ = phase == "on_http_response" || phase == "outbound";
        find_unreadable(policy, phase);
        for (Keys& rule : policy.maps(phase)) {
            rule.skip(draft_, "name", "rules have no names");
            const bool is_unclear = !is_null(rule, "expressions") && is_unreadable(rule, "expressions", Form::texts);
            const bool has_conditions = is_unclear || !rule.texts("expressions").empty();
            const bool is_off = rule.boolean(draft_, "enabled") == false;
            if (!is_off) {
                find_unreadable(rule, "actions");
            }
            for (Keys& action : rule.maps("actions")) {
                read_action(action, has_conditions, is_off);
            }
        }
    }

private:
    /// Closes the service if a list of rules or of actions has another form.
    void find_unreadable(Keys& keys, std::string_view path) {
        const Value* const list = keys.find(path);
        const auto is_map = [](const Value& item) { return item.kind == Value::Kind::map; };
        const bool is_list = list != nullptr && list->kind == Value::Kind::list;
        if (list != nullptr && !is_null(keys, path) && (!is_list || !std::ranges::all_of(list->items, is_map))) {
            guards_.add(keys.origin(path), keys.full(path));
            keys.lose(draft_, path, "it is not a list of keys with values", translate);
        }
    }

    void read_action(Keys& action, bool has_conditions, bool is_off) {
        const std::string type = action.text("type").value_or("");
        if (is_off) {
            skip_action(action);
            return;
        }
        Keys config = action.map("config");
        if (!has_conditions && import_action(type, config)) {
            config.lose_rest(draft_, "the service does not have this setting of the action");
            for (const std::string& name : config.names()) {
                config.ignore(name);  // listed, so the whole file does not list it again
            }
            return;
        }
        const bool asks_for_certificate = config.has("mutual_tls_certificate_authorities");
        if (asks_for_certificate || std::ranges::find(harmless, type) == harmless.end()) {
            guards_.add(action.origin("type"), fmt::format("{}: {}", action.full("type"), type));
        }
        lose_whole(draft_, action,
                   has_conditions ? fmt::format("a service has no conditions for the action {}", type)
                                  : fmt::format("a client cannot request the action {}", type),
                   translate);
    }

    void skip_action(Keys& action) {
        for (const std::string& name : action.names()) {
            action.skip(draft_, name, "its rule is off");
        }
    }

    bool import_action(std::string_view type, Keys& config) {
        const bool is_http = service_.find("http") != nullptr;
        if (type == "restrict-ips") {
            return import_addresses(config);
        }
        if (!is_http) {
            return false;
        }
        if (type == "add-headers") {
            return import_new_headers(config);
        }
        if (type == "remove-headers") {
            for (const std::string& name : config.texts("headers")) {
                service_.at(is_response_ ? "response_headers.remove" : "request_headers.remove")
                    .add(name, config.origin("headers"));
            }
            return true;
        }
        if (type == "basic-auth") {
            return import_passwords(config);
        }
        return type == "rate-limit" && import_rate(config);
    }

    bool import_addresses(Keys& config) {
        constexpr std::array<std::string_view, 3> known{"enforce", "allow", "deny"};
        const std::vector<std::string> names = config.names();
        const bool is_known = std::ranges::all_of(
            names, [&](const std::string& name) { return std::ranges::find(known, name) != known.end(); });
        if (!is_known || config.boolean(draft_, "enforce") == false || is_unreadable(config, "allow", Form::texts) ||
            is_unreadable(config, "deny", Form::texts)) {
            return false;
        }
        config.skip(draft_, "enforce", "the plugin always rejects");
        const Networks allow{config.texts("allow"), config.origin("allow")};
        const Networks deny{config.texts("deny"), config.origin("deny")};
        filter_addresses(service_, allow, deny);
        return !allow.items.empty() || !deny.items.empty();
    }

    bool import_new_headers(Keys& config) {
        Keys headers = config.map("headers");
        for (const std::string& name : headers.names()) {
            const std::string value = headers.text(name).value_or("");
            if (!is_response_ && lower(name) == "host") {
                service_.set("host_header", value, headers.origin(name));
            } else {
                add_header_rule(draft_, service_, is_response_ ? "response_headers.add" : "request_headers.add",
                                headers.origin(name), headers.full(name), name, value);
            }
        }
        return true;
    }

    bool import_passwords(Keys& config) {
        if (config.boolean(draft_, "enforce") == false) {
            return false;
        }
        bool all = true;
        const std::vector<std::string> credentials = config.texts("credentials");
        for (const std::string& each : credentials) {
            all = require_password(draft_, service_, config.origin("credentials"), config.full("credentials"), each) &&
                  all;
        }
        if (!all) {
            guards_.add(config.origin("credentials"), config.full("credentials"));
        }
        config.skip(draft_, "enforce", "the plugin always rejects");
        set_realm(config);
        return !credentials.empty();
    }

    void set_realm(Keys& config) {
        Node* const plugins = service_.find("plugins") != nullptr ? &service_.at("plugins") : nullptr;
        if (plugins == nullptr || !config.has("realm")) {
            return;
        }
        const auto plugin =
            std::ranges::find_if(plugins->children(), [](const Node& each) { return each.find("auth") != nullptr; });
        const auto realm = plugin == plugins->children().end() ? std::nullopt : config.text("realm");
        if (realm) {
            plugin->set("auth.realm", *realm, config.origin("realm"));
        }
    }

    bool import_rate(Keys& config) {
        constexpr long long most = 1'000'000'000;
        const auto capacity = config.number(draft_, "capacity", 1, most);
        const auto window = duration_of(config.text("rate").value_or(""));
        const std::vector<std::string> bucket = config.texts("bucket_key");
        const std::string key = bucket.empty()                       ? "all"
                                : bucket.size() > 1                  ? ""
                                : bucket.front() == "conn.client_ip" ? "visitor"
                                : bucket.front() == "req.host"       ? "host"
                                                                     : "";
        if (!capacity || !window || window->count() < 1 || key.empty()) {
            return false;
        }
        const long long minute = 60'000;
        const long long hour = 60 * minute;
        const long long unit = minute % window->count() == 0 ? minute : hour;
        if (unit % window->count() != 0) {
            return false;
        }
        Node& limit = service_.at("plugins").add().child("rate-limit");
        limit.set("rate", fmt::format("{}/{}", *capacity * (unit / window->count()), unit == minute ? 'm' : 'h'),
                  config.origin("rate"));
        limit.set("burst", *capacity, config.origin("capacity"));
        limit.set("key", key);
        config.skip(draft_, "name", "the plugin needs no name");
        config.skip(draft_, "algorithm", "the plugin allows a burst, and then the rate");
        return true;
    }

    Draft& draft_;
    Node& service_;
    LostGuards& guards_;
    bool is_response_ = false;
};

}  // namespace

void read_policy(Draft& draft, Keys& tunnel, Node& service, LostGuards& guards) {
    for (const std::string_view key : {"traffic_policy", "policy"}) {
        const Value* const value = tunnel.find(key);
        if (value != nullptr && value->kind != Value::Kind::map) {
            guards.add(tunnel.origin(key), std::string(key));
            tunnel.lose(draft, key, "only policies that are written as YAML are read", translate);
        }
        Keys policy = tunnel.map(key);
        policy.skip(draft, "enabled", "a policy of a file is used");
        PolicyReader reader(draft, service, guards);
        for (const std::string& phase : policy.names()) {
            if (phase != "enabled") {
                reader.read_phase(policy, phase);
            }
        }
    }
    for (const std::string_view key : {"traffic_policy_file", "traffic_policy_url", "policy_file"}) {
        if (tunnel.has(key)) {
            guards.add(tunnel.origin(key), std::string(key));
            tunnel.lose(draft, key, "the rules of another file are not read",
                        "copy them below `traffic_policy`, and import again");
        }
    }
}

}  // namespace ferrotunnel::cli::importing::ngrok
