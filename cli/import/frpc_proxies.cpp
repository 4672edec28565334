// frp's proxies: those with ports of their own, and the keys that all types have.
#include <fmt/format.h>

#include <algorithm>

#include "frp.hpp"
#include "guards.hpp"
#include "mapping.hpp"

namespace ferrotunnel::cli::importing::frp {
namespace {

constexpr NoEquivalent not_of_services[] = {
    {"metadatas.*", "a service has no data of its own for plugins",
     "set `client.metadata` for all services of the client"},
    {"annotations.*", "a service has no notes", "write a comment"},
    {"healthCheck.httpHeaders", "a check is a plain GET", "let the backend answer it without these fields"},
};

void read_health(Keys& proxy, Node& service, Draft& draft) {
    Keys health = proxy.map("healthCheck");
    const std::string type = health.text("type").value_or("");
    if (type.empty()) {
        for (const std::string_view key : {"type", "path", "timeoutSeconds", "maxFailed", "intervalSeconds"}) {
            health.skip(draft, key, "there is no check without a type");
        }
        return;
    }
    const bool is_private = proxy.text("type") == "stcp" || proxy.text("type") == "sudp";
    if (is_private || proxy.text("type") == "udp" || (type != "tcp" && type != "http")) {
        for (const std::string_view key : {"type", "path", "timeoutSeconds", "maxFailed", "intervalSeconds"}) {
            health.lose(draft, key, "only backends of public TCP, HTTP and TLS services are checked, by TCP or HTTP");
        }
        return;
    }
    service.set("health.type", type, health.origin("type"));
    if (type == "http") {
        service.set("health.path", health.text("path").value_or("/"), health.origin("path"));
        service.set("health.status", "200-299", health.origin("type"));
    } else {
        health.skip(draft, "path", "a check by TCP has no path");
    }
    const auto set = [&](std::string_view key, std::string_view path, std::string_view unit, std::string_view usual) {
        const std::string value = health.digits(draft, key, 0, day_in_seconds).value_or("0");
        service.set(path, (value == "0" ? std::string(usual) : value) + std::string(unit),
                    health.has(key) ? std::optional(health.origin(key)) : std::nullopt);
    };
    set("intervalSeconds", "health.interval", "s", "10");
    set("timeoutSeconds", "health.timeout", "s", "3");
    set("maxFailed", "health.fall", "", "1");
}

void read_group(Keys& proxy, Node& service, Draft& draft) {
    Keys group = proxy.map("loadBalancer");
    const std::string type = proxy.text("type").value_or("");
    if (type == "stcp" || type == "sudp") {
        group.lose(draft, "group", "private services have no groups");
    } else if (const auto name = group.text("group")) {
        service.set("group", valid_name(*name), group.origin("group"));
    }
    group.skip(draft, "groupKey", "members of a group have the same token");
}

void read_transport(Keys& proxy, Node& service, Draft& draft) {
    Keys transport = proxy.map("transport");
    transport.skip(draft, "useEncryption", "the connection to the server is always encrypted");
    transport.lose_unless_off(draft, "useCompression", "nothing is compressed in the tunnel",
                              "use the plugin `compress` for HTTP");
    if (const auto limit = transport.text("bandwidthLimit")) {
        draft.lose(transport.origin("bandwidthLimit"), transport.full("bandwidthLimit"),
                   "bytes per second are a right of the token, on the server",
                   fmt::format("set `service_bytes_per_second: {}` of the token in the server's file", *limit));
        transport.lose(draft, "bandwidthLimitMode", "it belongs to `bandwidthLimit`");
    } else {
        transport.skip(draft, "bandwidthLimitMode", "there is no `bandwidthLimit`");
    }
    if (const auto version = transport.text("proxyProtocolVersion")) {
        const bool is_udp = service.find("udp") != nullptr;
        if (is_udp && *version != "v2") {
            transport.lose(draft, "proxyProtocolVersion", "datagrams have version 2", "set `proxy_protocol: v2`");
        } else if (*version != "v1" && *version != "v2") {
            transport.lose(draft, "proxyProtocolVersion", "the versions are v1 and v2");
        } else {
            service.set("proxy_protocol", *version, transport.origin("proxyProtocolVersion"));
        }
    }
}

/// Whether the key has a value other than 0 and nothing, which mean any port.
bool has_other_value(const Keys& proxy, std::string_view key) {
    const Value* const value = proxy.find(key);
    return value != nullptr && (!value->is_scalar() || (!value->scalar.empty() && value->scalar != "0"));
}

void read_port_proxy(Keys& proxy, const std::string& type, Reading& reading) {
    Draft& draft = reading.draft;
    std::optional<std::string> local;
    if (has_plugin_of(proxy)) {
        const auto plugin = read_plugin(proxy, draft);
        if (plugin && plugin->is_http) {
            lose_all(proxy, draft, "its plugin is for HTTP, and HTTP services have hosts instead of ports",
                     fmt::format("offer `{{http: HOST, local: \"{}\"}}`", plugin->local));
            return;
        }
        local = plugin ? std::optional(plugin->local) : std::nullopt;
    } else {
        local = backend_of(proxy, draft);
    }
    if (!local) {
        lose_all(proxy, draft, "its backend has no equivalent");
        return;
    }
    const auto remote = ports_at(proxy, "remotePort", draft);
    Node& service = draft.add_service(valid_name(proxy.text("name").value_or("")), type, remote.value_or("0"), *local,
                                      proxy.origin("name"));
    if (!remote && has_other_value(proxy, "remotePort")) {
        switch_off_service(draft, service, proxy.origin("remotePort"), fmt::format("the public port in `{}`", type));
    }
    if (proxy.has("remotePort")) {
        service.at(type).set_origin(proxy.origin("remotePort"));
    }
    if (proxy.has("localPort")) {
        service.at("local").set_origin(proxy.origin("localPort"));
    }
    read_common(proxy, service, reading);
}

}  // namespace

void lose_all(Keys& proxy, Draft& draft, std::string_view why, std::string_view instead) {
    draft.lose(proxy.origin("name"), proxy.full({}) + " (" + proxy.text("name").value_or("without a name") + ")", why,
               instead);
    for (const std::string& name : proxy.names()) {
        proxy.ignore(name);
    }
}

std::optional<std::string> backend_of(Keys& proxy, Draft& draft) {
    if (!is_null(proxy, "localIP") && lose_unreadable(draft, proxy, "localIP", Form::text)) {
        return std::nullopt;
    }
    const std::string host = proxy.text("localIP").value_or("127.0.0.1");
    const std::optional<std::string> port = ports_at(proxy, "localPort", draft);
    if (!port) {
        draft.lose(proxy.origin("localPort"), proxy.full("localPort"), "there is no port of the backend");
        return std::nullopt;
    }
    return with_port(host, *port);
}

void read_common(Keys& proxy, Node& service, Reading& reading) {
    Draft& draft = reading.draft;
    const std::string name = proxy.text("name").value_or("");
    if (valid_name(name) != name) {
        draft.ask(proxy.origin("name"), fmt::format("the service is called {} now", valid_name(name)));
    }
    const auto enabled = proxy.boolean(draft, "enabled");
    const bool is_started = reading.is_started(name);
    const bool is_unclear = !enabled && proxy.has("enabled") && !is_null(proxy, "enabled");
    if (is_unclear || enabled == false) {
        service.set("enabled", false, proxy.origin("enabled"));
    } else {
        proxy.skip(draft, "enabled", "it is the default");
    }
    if (!is_started && service.find("enabled") == nullptr) {
        service.set("enabled", false, reading.start_origin);
    }
    proxy.ignore("type");
    read_health(proxy, service, draft);
    read_group(proxy, service, draft);
    read_transport(proxy, service, draft);
    proxy.lose(draft, not_of_services);
}

void read_proxy(Keys& proxy, Reading& reading) {
    if (is_unreadable(proxy, "type", Form::text)) {
        lose_all(proxy, reading.draft, "its type cannot be read, which says whether it is public");
        return;
    }
    const std::string type = proxy.text("type").value_or("tcp");
    if (type == "tcp" || type == "udp") {
        read_port_proxy(proxy, type, reading);
    } else if (type == "http") {
        read_http_proxy(proxy, reading);
    } else if (type == "https") {
        read_https_proxy(proxy, reading);
    } else if (type == "stcp" || type == "sudp") {
        read_private_proxy(proxy, reading);
    } else if (type == "tcpmux") {
        lose_all(proxy, reading.draft, "ports are not shared by way of HTTP CONNECT with host names",
                 "offer `tcp: private`, which visitors reach through the server's `connect_bind`");
    } else if (type.starts_with("xtcp") || type.starts_with("xudp")) {
        lose_all(proxy, reading.draft, "there is no hole punching: visits go through the server",
                 "offer `tcp: private` with a `key`, and visit it with `ferrotunnel visit`");
    } else {
        lose_all(proxy, reading.draft, fmt::format("there is no type {}", type));
    }
}

}  // namespace ferrotunnel::cli::importing::frp
