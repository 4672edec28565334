// What cloudflared's `originRequest` says about a backend.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "cloudflared.hpp"
#include "guards.hpp"
#include "number_ranges.hpp"

namespace ferrotunnel::cli::importing::cloudflared {
namespace {

constexpr std::string_view pooled = "connections to backends that are kept open are limited by the server";

constexpr std::array of_backends{
    NoEquivalent{"tlsTimeout", "there is no time limit for TLS of a backend alone",
                 "set `limits.backend_connect_timeout` of the service"},
    NoEquivalent{"keepAliveConnections", pooled, "set `http.pool_per_service` of the server"},
    NoEquivalent{"keepAliveTimeout", pooled, "set `http.pool_idle_timeout` of the server"},
};

constexpr std::array of_flat_files{
    NoEquivalent{"proxy-tls-timeout", "there is no time limit for TLS of a backend alone",
                 "set `limits.backend_connect_timeout` of the service"},
    NoEquivalent{"proxy-keepalive-connections", pooled, "set `http.pool_per_service` of the server"},
    NoEquivalent{"proxy-keepalive-timeout", pooled, "set `http.pool_idle_timeout` of the server"},
};

std::optional<Setting> setting_of(Keys& keys, std::string_view key) {
    const auto text = keys.text(key);
    return text ? std::optional(Setting{keys.full(key), *text, keys.origin(key)}) : std::nullopt;
}

/// A switch. One that is off needs no equivalent, and one that cannot be read is off: they make connections less safe.
std::optional<Setting> switch_of(Draft& draft, Keys& keys, std::string_view key) {
    if (!keys.has(key) || is_null(keys, key)) {
        keys.ignore(key);
        return std::nullopt;
    }
    const auto is_on = keys.boolean(draft, key);
    if (is_on == false) {
        keys.skip(draft, key, "it is off");
    }
    return Setting{keys.full(key), "", keys.origin(key), is_on.value_or(false)};
}

void lose_chunks(Draft& draft, Keys& keys, std::string_view key) {
    keys.lose_unless_off(draft, key, "a body of unknown length is sent in chunks",
                         "let the backend accept chunked bodies");
}

/// Without its ports, a rule would allow all of them.
bool lose_wrong_ports(Draft& draft, Keys& rule) {
    if (is_null(rule, "ports") || lose_unreadable(draft, rule, "ports", Form::texts)) {
        return rule.has("ports");
    }
    const std::vector<std::string> ports = rule.texts("ports");
    if (std::ranges::all_of(ports, [](const std::string& port) { return number_ranges(port).has_value(); })) {
        return false;
    }
    rule.lose(draft, "ports", "a port is not a number from 1 to 65535");
    return true;
}

void read_destinations(Draft& draft, Keys& keys, OriginSettings& settings) {
    const Value* const rules = keys.find("ipRules");
    if (rules != nullptr &&
        std::ranges::any_of(rules->items, [](const Value& item) { return item.kind != Value::Kind::map; })) {
        settings.has_denied = true;  // perhaps; the item is left to lose_rest
    }
    for (Keys& rule : keys.maps("ipRules")) {
        const bool is_lost = lose_unreadable(draft, rule, "prefix", Form::text) || lose_wrong_ports(draft, rule);
        const std::string prefix = rule.text("prefix").value_or("");
        const std::vector<std::string> ports = rule.texts("ports");
        if (!rule.boolean(draft, "allow").value_or(false) || is_lost || prefix.empty()) {
            settings.has_denied = true;
            continue;
        }
        std::string list;
        for (const std::string& port : ports) {
            list += (list.empty() ? ":" : ",") + port;
        }
        const bool is_ipv6 = prefix.find(':') != std::string::npos;
        settings.allowed.push_back({rule.full(""), (is_ipv6 ? "[" + prefix + "]" : prefix) + list, rule.origin()});
    }
}

void read_access(Draft& draft, Keys access, OriginSettings& settings) {
    const bool is_unclear = access.has("required");  // so visitors are kept out
    if (!access.boolean(draft, "required").value_or(is_unclear)) {
        for (const std::string& key : access.names()) {
            access.skip(draft, key, "`required` is off");
        }
        settings.access =
            access.has("required") ? std::optional(Setting{access.full(""), "", access.origin(), false}) : std::nullopt;
        return;
    }
    settings.access = Setting{access.full(""), "", access.origin()};
    lose_whole(draft, access, "logins at Cloudflare do not exist without its network",
               "add the plugin `auth` to the service, or `jwt` or `forward-auth` to `plugins.chain` of the server");
}

bool has_origin(const Node& node, const Origin& origin) {
    return node.origin() == origin ||
           std::ranges::any_of(node.children(), [&origin](const Node& child) { return has_origin(child, origin); });
}

/// Switches that become a part of `local`.
void skip_schemes(Draft& draft, const OriginSettings& settings) {
    if (is_switched_on(settings.bastion)) {
        draft.skip(settings.bastion->origin, settings.bastion->key, "it is a part of `local`");
    }
    if (is_switched_on(settings.http2)) {
        draft.skip(settings.http2->origin, settings.http2->key,
                   "it is a part of `local` with https://, and has no effect on other backends");
    }
}

void set_time(Draft& draft, Node& service, const Setting& setting) {
    using std::chrono::milliseconds;
    constexpr milliseconds most{10'000};
    const auto time = duration_of(setting.value);
    if (!time) {
        draft.lose(setting.origin, setting.key, "the value is not a time");
        return;
    }
    service.set("limits.backend_connect_timeout", text_of(std::min(*time, most)), setting.origin);
    if (*time > most) {
        draft.ask(setting.origin, "a backend has at most 10s to accept a connection");
    }
}

}  // namespace

void OriginSettings::skip_unused(Draft& draft) const {
    for (const auto& setting : {connect_timeout, host_header, server_name, ca, insecure}) {
        if (is_switched_on(setting) && !has_origin(draft.client, setting->origin)) {
            draft.skip(setting->origin, setting->key, "it has no effect on these backends");
        }
    }
}

void OriginSettings::merge(const OriginSettings& more) {
    for (const auto member : {&OriginSettings::connect_timeout, &OriginSettings::host_header,
                              &OriginSettings::server_name, &OriginSettings::ca, &OriginSettings::insecure,
                              &OriginSettings::http2, &OriginSettings::access, &OriginSettings::bastion}) {
        if (more.*member) {
            this->*member = more.*member;
        }
    }
    if (!more.allowed.empty() || more.has_denied) {
        allowed = more.allowed;
        has_denied = more.has_denied;
    }
}

OriginSettings read_origin_settings(Draft& draft, Keys& parent) {
    OriginSettings settings;
    constexpr std::string_view name = "originRequest";
    const Origin origin = parent.origin(name);
    if (!is_null(parent, name) && lose_unreadable(draft, parent, name, Form::map)) {
        settings.access = Setting{parent.full(name), "", origin};  // it may have required a login
        return settings;
    }
    Keys keys = parent.map(name);
    settings.connect_timeout = setting_of(keys, "connectTimeout");
    settings.host_header = setting_of(keys, "httpHostHeader");
    settings.server_name = setting_of(keys, "originServerName");
    settings.ca = setting_of(keys, "caPool");
    settings.insecure = switch_of(draft, keys, "noTLSVerify");
    settings.http2 = switch_of(draft, keys, "http2Origin");
    settings.bastion = switch_of(draft, keys, "bastionMode");
    keys.lose(draft, of_backends);
    lose_chunks(draft, keys, "disableChunkedEncoding");
    keys.lose_unless_off(draft, "matchSNItoHost", "the name for a backend's certificate is fixed",
                         "set `backend_name` of the service");
    keys.skip(draft, "tcpKeepAlive", "sockets need no settings");
    keys.skip(draft, "noHappyEyeballs", "all addresses of a name are tried");
    for (const std::string_view key : {"proxyAddress", "proxyPort", "proxyType"}) {
        keys.skip(draft, key, "a client that is a proxy has no port of its own, and speaks SOCKS5 and HTTP");
    }
    skip_schemes(draft, settings);
    read_destinations(draft, keys, settings);
    const Origin access = keys.origin("access");
    if (lose_unreadable(draft, keys, "access", Form::map)) {
        settings.access = Setting{keys.full("access"), "", access};
    } else {
        read_access(draft, keys.map("access"), settings);
    }
    return settings;
}

OriginSettings read_flat_settings(Draft& draft, Keys& root) {
    OriginSettings settings;
    settings.connect_timeout = setting_of(root, "proxy-connect-timeout");
    settings.host_header = setting_of(root, "http-host-header");
    settings.server_name = setting_of(root, "origin-server-name");
    settings.ca = setting_of(root, "origin-ca-pool");
    settings.insecure = switch_of(draft, root, "no-tls-verify");
    settings.http2 = switch_of(draft, root, "http2-origin");
    settings.bastion = switch_of(draft, root, "bastion");
    skip_schemes(draft, settings);
    root.lose(draft, of_flat_files);
    lose_chunks(draft, root, "no-chunked-encoding");
    root.skip(draft, "proxy-tcp-keepalive", "sockets need no settings");
    root.skip(draft, "proxy-no-happy-eyeballs", "all addresses of a name are tried");
    for (const std::string_view key : {"proxy-address", "proxy-port", "socks5"}) {
        root.skip(draft, key, "a client that is a proxy has no port of its own, and speaks SOCKS5 and HTTP");
    }
    return settings;
}

void set_backend(Draft& draft, Node& service, const OriginSettings& settings, const std::string& local) {
    const bool has_tls = local.starts_with("https://") || local.starts_with("h2://");
    if (settings.host_header) {
        service.set("host_header", settings.host_header->value, settings.host_header->origin);
    }
    if (settings.connect_timeout) {
        set_time(draft, service, *settings.connect_timeout);
    }
    if (!has_tls) {
        return;
    }
    const bool is_insecure = is_switched_on(settings.insecure);
    if (settings.ca && !is_insecure) {
        ask_about_relative_path(draft, settings.ca->origin, settings.ca->value);
        service.set("backend_ca", settings.ca->value, settings.ca->origin);
    }
    if (settings.server_name) {
        service.set("backend_name", settings.server_name->value, settings.server_name->origin);
    }
    if (is_insecure) {
        service.set("backend_insecure", true, settings.insecure->origin);
    }
}

}  // namespace ferrotunnel::cli::importing::cloudflared
