// The file of an frp server.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "frp.hpp"
#include "guards.hpp"
#include "mapping.hpp"
#include "number_ranges.hpp"

namespace ferrotunnel::cli::importing::frp {
namespace {

constexpr NoEquivalent not_of_servers[] = {
    {"kcpBindPort", "there is no KCP transport", "use TLS over TCP, the default"},
    {"quicBindPort", "there is no QUIC transport", "use TLS over TCP, the default"},
    {"logDurationTypes", "the times of visits are in the access log and the metrics", "set `access_log` or `metrics`"},
    {"transport.tls.trustedCaFile", "clients are identified by their token, not by a certificate"},
};

constexpr std::string_view no_gateway = "there is no gateway for SSH clients";
constexpr std::string_view no_mux = "ports are not shared by way of HTTP CONNECT with host names";

/// The ports at which frps itself listens, each once.
std::vector<std::string> held_ports(const Keys& root, const std::string& bind_port) {
    std::vector<std::string> ports{bind_port};
    for (const std::string_view key : {"vhostHTTPPort", "vhostHTTPSPort", "webServer.port", "tcpmuxHTTPConnectPort",
                                       "sshTunnelGateway.bindPort", "kcpBindPort", "quicBindPort"}) {
        const Value* const port = root.find(key);
        if (port != nullptr && port->is_scalar() && !port->scalar.empty() && port->scalar != "0" &&
            std::ranges::find(ports, port->scalar) == ports.end()) {
            ports.push_back(port->scalar);
        }
    }
    return ports;
}

void read_addresses(Keys& root, Reading& reading) {
    Draft& draft = reading.draft;
    for (const std::string_view key : {"bindAddr", "proxyBindAddr"}) {
        if (!is_null(root, key) && is_unreadable(root, key, Form::text)) {
            throw SourceError(root.origin(key), fmt::format("`{}` is not an address", key));
        }
    }
    const std::string bind = root.text("bindAddr").value_or("0.0.0.0");
    const std::string port = port_at(root, "bindPort", draft).value_or("7000");
    draft.set(Side::server, "bind", with_port(bind, port), root.origin(root.has("bindPort") ? "bindPort" : "bindAddr"));
    const std::vector<std::string> held = held_ports(root, port);
    draft.ask(
        root.origin("bindPort"),
        fmt::format("frps holds {} {} and its clients' public ports while it runs: both run side by side only with "
                    "other ports here, such as 7835 for clients (on both sides)",
                    held.size() == 1 ? "port" : "ports", joined(held)));
    const std::string visitors = root.text("proxyBindAddr").value_or(bind);
    if (visitors != "0.0.0.0") {
        draft.set(Side::server, "tcp_bind", visitors,
                  root.origin(root.has("proxyBindAddr") ? "proxyBindAddr" : "bindAddr"));
    } else {
        root.skip(draft, "proxyBindAddr", "it is the default");
    }
    if (const std::optional<std::string> http = port_at(root, "vhostHTTPPort", draft)) {
        draft.set(Side::server, "http_bind", with_port(visitors, *http), root.origin("vhostHTTPPort"));
    } else {
        draft.server.set("http_bind", "off",
                         root.has("vhostHTTPPort") ? std::optional(root.origin("vhostHTTPPort")) : std::nullopt);
    }
    const std::optional<std::string> https = port_at(root, "vhostHTTPSPort", draft);
    if (https) {
        draft.set(Side::server, "https_bind", with_port(visitors, *https), root.origin("vhostHTTPSPort"));
    } else if (root.text("vhostHTTPSPort").value_or("0") == "0") {
        root.skip(draft, "vhostHTTPSPort", "it is off");
    }
}

/// Fewer ports than these may be opened only because a range cannot be read: then nothing is imported.
void check_ranges(const Keys& root) {
    const Value* const ranges = root.find("allowPorts");
    if (ranges == nullptr || ranges->kind == Value::Kind::null) {
        return;
    }
    const auto is_range = [](const Value& item) {
        if (item.kind != Value::Kind::map) {
            return item.is_scalar() && number_ranges(item.scalar).has_value();
        }
        return std::ranges::all_of(item.members, [](const Value::Member& member) {
            return member.second.is_scalar() && number_ranges(member.second.scalar).has_value();
        });
    };
    const bool is_list = ranges->kind == Value::Kind::list && std::ranges::all_of(ranges->items, is_range);
    if (!is_list && !(ranges->is_scalar() && is_range(*ranges))) {
        throw SourceError(root.origin("allowPorts"), "`allowPorts` is not a list of ports from 0 to 65535");
    }
}

void read_ports(Keys& root, Draft& draft) {
    const Origin origin = root.origin("allowPorts");
    Node& list = draft.server.at("allow_ports");
    check_ranges(root);
    for (const std::string& range : root.texts("allowPorts")) {
        list.add(range);
    }
    for (Keys& range : root.maps("allowPorts")) {
        if (const auto single = range.text("single")) {
            list.add(*single);
            continue;
        }
        const auto start = range.text("start");
        const auto end = range.text("end");
        if (!start || !end) {
            throw SourceError(range.origin(), "a range of `allowPorts` needs `start` and `end`, or `single`");
        }
        if (!number_ranges(*start + "-" + *end)) {
            throw SourceError(range.origin(), "a range of `allowPorts` ends before it starts");
        }
        list.add(*start == *end ? *start : *start + "-" + *end);
    }
    if (list.children().empty()) {
        draft.server.remove("allow_ports");
        draft.ask(origin,
                  "clients could have every port: here it is every port from 1024 on, unless `allow_ports` lists "
                  "others");
        return;
    }
    list.set_origin(origin);
}

void read_limits(Keys& root, Draft& draft) {
    constexpr long long most_ports = 1'000'000;
    if (const auto most = root.digits(draft, "maxPortsPerClient", 0, most_ports); most && *most != "0") {
        draft.set(Side::server, "ports_per_token", *most, root.origin("maxPortsPerClient"));
        draft.ask(root.origin("maxPortsPerClient"),
                  "`ports_per_token` counts the ports of all clients with the token together, not those of each");
    } else if (root.text("maxPortsPerClient").value_or("0") == "0") {
        root.skip(draft, "maxPortsPerClient", "it is off");
    }
    const auto seconds = [&](std::string_view key, std::string_view path) {
        if (const auto value = root.digits(draft, key, 0, day_in_seconds)) {
            draft.set(Side::server, path, *value + "s", root.origin(key));
        }
    };
    seconds("vhostHTTPTimeout", "http.first_byte_timeout");
    seconds("userConnTimeout", "timing.open_timeout");
    if (!is_null(root, "allowedClientIPs") && is_unreadable(root, "allowedClientIPs", Form::texts)) {
        throw SourceError(root.origin("allowedClientIPs"), "`allowedClientIPs` is not a list of addresses");
    }
    const std::vector<std::string> clients = root.texts("allowedClientIPs");
    if (clients.empty()) {
        return;
    }
    const Node* const token = draft.server.find("token");
    const std::string secret = token->scalar();
    const std::optional<Origin> origin = token->origin();
    draft.server.remove("token");
    Node& item = draft.server.at("token").add();
    item.set("name", "frp", root.origin("allowedClientIPs"));
    item.set("secret", secret, origin);
    for (const std::string& network : clients) {
        item.at("from").add(network);
    }
    item.at("from").set_origin(root.origin("allowedClientIPs"));
}

void read_pages(Keys& root, Draft& draft) {
    const auto page = root.text("custom404Page");
    if (page && page->ends_with(".html")) {
        draft.set(Side::server, "http.pages.404", *page, root.origin("custom404Page"));
        ask_about_relative_path(draft, root.origin("custom404Page"), *page);
    } else if (page) {
        draft.lose(root.origin("custom404Page"), "custom404Page", "the name of a page ends in .html",
                   "rename the file and set `http.pages`");
    }
    const auto domain = root.text("subDomainHost");
    const bool has_visitors = draft.server.find("http_bind")->scalar() != "off" || draft.server.find("https_bind");
    if (domain && !has_visitors) {
        root.skip(draft, "subDomainHost", "there is neither vhostHTTPPort nor vhostHTTPSPort");
    } else if (domain) {
        draft.set(Side::server, "domain", *domain, root.origin("subDomainHost"));
    }
}

void read_tls(Keys& root, Draft& draft) {
    Keys tls = root.map("transport.tls");
    tls.skip(draft, "force", "connections of clients are always encrypted");
    tls.skip(draft, "serverName", "a server has no name to verify");
    const auto certificate = tls.text("certFile");
    const auto key = tls.text("keyFile");
    if (certificate && key) {
        draft.set(Side::server, "tls_cert", *certificate, tls.origin("certFile"));
        draft.set(Side::server, "tls_key", *key, tls.origin("keyFile"));
        ask_about_relative_path(draft, tls.origin("certFile"), *certificate);
    } else if (certificate || key) {
        draft.lose(tls.origin(certificate ? "certFile" : "keyFile"), tls.full(certificate ? "certFile" : "keyFile"),
                   "a certificate and its key are set together");
    }
}

void read_metrics(Keys& root, Draft& draft) {
    if (root.boolean(draft, "enablePrometheus").value_or(false)) {
        draft.set(Side::server, "metrics", "default", root.origin("enablePrometheus"));
        draft.ask(root.origin("enablePrometheus"),
                  "metrics are at http://127.0.0.1:7836/metrics now, with names of their own (docs/metrics.md)");
    }
}

void read_http_plugins(Keys& root, Draft& draft) {
    for (Keys& plugin : root.maps("httpPlugins")) {
        lose_all(plugin, draft, "handlers have another form",
                 "change the handler for the plugin `hooks` (docs/plugins/from-frp.md)");
    }
}

}  // namespace

void read_server(const Source& source, Reading& reading) {
    Draft& draft = reading.draft;
    Keys root(source, source.root);
    reading.subdomain_host = root.text("subDomainHost");
    read_addresses(root, reading);
    read_auth(root, Side::server, draft);
    read_ports(root, draft);
    read_limits(root, draft);
    read_pages(root, draft);
    read_tls(root, draft);
    read_web_server(root, Side::server, draft);
    read_metrics(root, draft);
    read_log(root, Side::server, draft);
    read_timing(root, Side::server, draft);
    read_http_plugins(root, draft);
    root.lose(draft, not_of_servers);
    root.lose_unless_off(draft, "tcpmuxHTTPConnectPort", no_mux, "offer `tcp: private` and set `connect_bind`");
    root.lose_unless_off(draft, "tcpmuxPassthrough", no_mux);
    for (const std::string_view key : {"bindPort", "privateKeyFile", "autoGenPrivateKeyPath", "authorizedKeysFile"}) {
        root.map("sshTunnelGateway").lose_unless_off(draft, key, no_gateway, "use `ferrotunnel client`");
    }
    root.skip(draft, "udpPacketSize", "datagrams of every size pass");
    root.skip(draft, "natholeAnalysisDataReserveHours", "there is no hole punching");
    root.skip(draft, "version", "it is the version of frp's format");
    if (const auto detailed = root.boolean(draft, "detailedErrorsToClient"); detailed) {
        const Origin origin = root.origin("detailedErrorsToClient");
        *detailed ? draft.skip(origin, "detailedErrorsToClient", "clients always get the reason of a refusal")
                  : draft.lose(origin, "detailedErrorsToClient", "clients always get the reason of a refusal");
    }
    root.lose_rest(draft);
}

}  // namespace ferrotunnel::cli::importing::frp
