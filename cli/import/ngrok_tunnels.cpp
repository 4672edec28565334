// Tunnels (versions 1 and 2) and endpoints (version 3) of ngrok.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "command_line_parts.hpp"
#include "guards.hpp"
#include "ngrok.hpp"
#include "ngrok_service.hpp"

namespace ferrotunnel::cli::importing::ngrok {
namespace {

constexpr std::array of_tunnels{
    NoEquivalent{"metadata", "services have no metadata", "name the service in `name`, or set `client.metadata`"},
    NoEquivalent{"description", "services have no description", "name the service in `name`"},
    NoEquivalent{"compression", "the tunnel does not compress",
                 "add `- compress: {encodings: [gzip]}` to `plugins.chain` of the server"},
    NoEquivalent{"circuit_breaker", "a client cannot request this plugin",
                 "add `- circuit-breaker: {ratio: 0.5}` with this ratio to `plugins.chain` of the server"},
    NoEquivalent{"websocket_tcp_converter", "WebSockets are not converted to TCP",
                 "offer the backend as a `tcp` service"},
};

void read_pooling(Draft& draft, Keys& keys, Node& service) {
    if (!keys.boolean(draft, "pooling_enabled").value_or(false)) {
        keys.skip(draft, "pooling_enabled", "it is off");
    } else if (service.find("plugins") != nullptr) {
        keys.lose(draft, "pooling_enabled", "a service with plugins of its own cannot have a `group`",
                  "let the server have these plugins in its `plugins.chain`, and set `group`");
    } else {
        const Node* const name = service.find("name");
        service.set("group", name != nullptr ? name->scalar() : "pool", keys.origin("pooling_enabled"));
    }
}

/// Keys that tunnels and endpoints have.
void read_common(Draft& draft, Keys& keys, Node& service, LostGuards& guards, std::string_view proxy_key) {
    const std::string version = keys.text(proxy_key).value_or("0");
    if (version == "1" || version == "2") {
        service.set("proxy_protocol", "v" + version, keys.origin(proxy_key));
    } else if (version != "0") {
        keys.lose(draft, proxy_key, "the versions are 1 and 2");
    }
    read_guards(draft, keys, service, guards);
    read_policy(draft, keys, service, guards);
    read_pooling(draft, keys, service);
    for (const NoEquivalent& row : of_tunnels) {
        const bool is_switch = row.key == "compression" || row.key == "websocket_tcp_converter";
        is_switch ? keys.lose_unless_off(draft, row.key, row.why, row.instead)
                  : keys.lose(draft, row.key, row.why, row.instead);
    }
}

/// ngrok's agent can end TLS before a backend without it.
void lose_agent_tls(Draft& draft, Keys& keys, LostGuards& guards) {
    constexpr std::string_view why = "TLS of a `tls` service ends at its backend";
    constexpr std::string_view instead =
        "give the certificate to the backend, or to the server with `--certificate` and offer an `http` service";
    for (const std::string_view key : {"crt", "key", "terminate_at", "agent_tls_termination.server_certificate",
                                       "agent_tls_termination.server_private_key"}) {
        if (key == "terminate_at" && keys.text(key) == "upstream") {
            keys.skip(draft, key, why);
        } else if (keys.has(key)) {
            guards.add(keys.origin(key), std::string(key));
            keys.lose(draft, key, why, instead);
        }
    }
    constexpr std::string_view whole = "agent_tls_termination";
    if (!is_null(keys, whole) && lose_unreadable(draft, keys, whole, Form::map)) {
        guards.add(keys.origin(whole), std::string(whole));
    }
    constexpr std::string_view clients = "agent_tls_termination.mutual_tls_certificate_authorities";
    if (keys.has(clients)) {
        guards.add(keys.origin(clients), std::string(clients));
        keys.lose(draft, clients, why, "let the backend require client certificates");
    }
}

/// Tunnels of version 3 have HTTPS alone if nothing else is said, and those of version 2 have both.
bool is_version_3(const Keys& tunnel) {
    const Value* const version = tunnel.source().root.find("version");
    return version != nullptr && version->is_scalar() && version->scalar.starts_with('3');
}

void read_schemes(Draft& draft, Keys& tunnel, Node& service) {
    std::string_view key = "schemes";
    const std::vector<std::string> schemes = tunnel.texts("schemes");
    bool http = std::ranges::find(schemes, "http") != schemes.end();
    bool https = std::ranges::find(schemes, "https") != schemes.end();
    if (schemes.empty() && !tunnel.has("bind_tls") && is_version_3(tunnel)) {
        draft.ask(tunnel.origin(), https_only);
        return;
    }
    if (schemes.empty() && tunnel.has("bind_tls")) {
        key = "bind_tls";
        const std::string text = tunnel.text(key).value_or("both");
        http = text != "true" && text != "True";
        https = text != "false" && text != "False";
    }
    if (http == https) {
        tunnel.skip(draft, key, "the service is served over HTTP, and over HTTPS with certificates on the server");
        return;
    }
    service.set("https_redirect", https, tunnel.origin(key));
    if (https) {
        draft.ask(tunnel.origin(key), "HTTPS needs certificates on the server: `https` in its file");
    }
}

void read_headers(Draft& draft, Keys& tunnel, Node& service) {
    for (const auto& [key, list] :
         {std::pair{"request_header", "request_headers"}, std::pair{"response_header", "response_headers"}}) {
        const std::string add = fmt::format("{}.add", key);
        const std::string remove = fmt::format("{}.remove", key);
        for (const std::string& text : tunnel.texts(add)) {
            const auto [name, value] = split_header(text);
            add_header_rule(draft, service, fmt::format("{}.add", list), tunnel.origin(add), tunnel.full(add), name,
                            value);
        }
        for (const std::string& name : tunnel.texts(remove)) {
            service.at(fmt::format("{}.remove", list)).add(name, tunnel.origin(remove));
        }
    }
}

void read_http(Draft& draft, Keys& tunnel, Node& service) {
    const auto host = tunnel.text("host_header");
    if (host == "preserve") {
        tunnel.skip(draft, "host_header", "the backend receives the Host of the visitor");
    } else if (host) {
        service.set("host_header", *host == "rewrite" ? "backend" : *host, tunnel.origin("host_header"));
    }
    read_schemes(draft, tunnel, service);
    read_headers(draft, tunnel, service);
}

/// Whether other endpoints of the account alone reach it.
void read_bindings(Keys& keys, Target& target) {
    const std::vector<std::string> bindings = keys.texts("bindings");
    const bool is_bound = std::ranges::any_of(bindings, [](const std::string& each) { return each != "public"; });
    const bool is_unclear = !is_null(keys, "bindings") && is_unreadable(keys, "bindings", Form::texts);
    target.is_internal = is_bound || is_unclear || target.host.ends_with(".internal");
    if (is_bound || is_unclear) {
        target.key = "bindings";
        target.origin = keys.origin("bindings");
    }
}

/// The name of a subdomain is below a domain of ngrok.
Target target_of_tunnel(Draft& draft, Keys& tunnel) {
    Target target;
    const std::string proto = tunnel.text("proto").value_or("http");
    target.kind = proto == "tcp" || proto == "tls" ? proto : "http";
    for (const std::string_view key : {"url", "domain", "hostname", "remote_addr"}) {
        const auto text = tunnel.text(key);
        if (!text) {
            continue;
        }
        const command_line::Url url = command_line::parse_url(*text);
        target.host = url.host;
        target.port = target.kind == "tcp" ? url.port : "";
        target.origin = tunnel.origin(key);
        target.key = key;
    }
    if (const auto name = tunnel.text("subdomain"); name && target.host.empty()) {
        tunnel.lose(draft, "subdomain", "the name is below a domain of ngrok",
                    fmt::format("write the host in full, like `http: {}.tunnel.example.com`", *name));
    }
    read_bindings(tunnel, target);
    return target;
}

Target target_of_endpoint(Keys& endpoint) {
    Target target;
    const std::string text = endpoint.text("url").value_or("");
    const command_line::Url url = command_line::parse_url(text);
    target.scheme = url.scheme;
    target.kind = url.scheme == "tcp" || url.scheme == "tls" ? url.scheme : "http";
    target.host = url.host;
    target.port = target.kind == "tcp" ? url.port : "";
    target.origin = endpoint.origin("url");
    target.key = "url";
    read_bindings(endpoint, target);
    return target;
}

}  // namespace

/// Who could reach a tunnel is not known if its address cannot be read.
void read_unreadable_address(Draft& draft, Keys& keys, LostGuards& guards) {
    for (const std::string_view key : {"url", "domain", "hostname", "remote_addr", "subdomain", "proto", "bind_tls"}) {
        if (!is_null(keys, key) && lose_unreadable(draft, keys, key, Form::scalar)) {
            guards.add(keys.origin(key), std::string(key));
        }
    }
    for (const std::string_view key : {"bindings", "schemes"}) {
        if (!is_null(keys, key) && lose_unreadable(draft, keys, key, Form::texts)) {
            guards.add(keys.origin(key), std::string(key));
        }
    }
}

void read_tunnel(Draft& draft, Keys& tunnel) {
    if (tunnel.has("labels")) {
        lose_whole(draft, tunnel, "the edge with these labels is in the account of ngrok, with its kind and host",
                   "write a service with `tcp`, `http` or `tls`, and this `addr` as `local`");
        return;
    }
    ServiceMaker reader(draft, tunnel, target_of_tunnel(draft, tunnel));
    Node* const service = reader.add(tunnel.key(), "addr", "app_protocol");
    if (service == nullptr) {
        return;
    }
    LostGuards& guards = reader.guards();
    read_unreadable_address(draft, tunnel, guards);
    if (service->find("http") != nullptr) {
        read_http(draft, tunnel, *service);
    }
    read_common(draft, tunnel, *service, guards, "proxy_proto");
    lose_agent_tls(draft, tunnel, guards);
    guards.close(draft, *service);
}

void read_endpoint(Draft& draft, Keys& endpoint) {
    Target target = target_of_endpoint(endpoint);
    const std::string scheme = target.scheme;
    ServiceMaker reader(draft, endpoint, std::move(target));
    Node* const service = reader.add(endpoint.text("name").value_or(""), "upstream.url", "upstream.protocol");
    if (service == nullptr) {
        return;
    }
    if (scheme == "https" && service->find("enabled") == nullptr) {
        service->set("https_redirect", true, endpoint.origin("url"));
        draft.ask(endpoint.origin("url"), "HTTPS needs certificates on the server: `https` in its file");
    } else if (scheme.empty() && service->find("http") != nullptr) {
        draft.ask(endpoint.origin(), https_only);
    }
    endpoint.ignore("bindings");
    read_unreadable_address(draft, endpoint, reader.guards());
    read_common(draft, endpoint, *service, reader.guards(), "upstream.proxy_protocol");
    lose_agent_tls(draft, endpoint, reader.guards());
    reader.guards().close(draft, *service);
}

}  // namespace ferrotunnel::cli::importing::ngrok
