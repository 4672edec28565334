// frp's proxies with hosts: http, and https, whose TLS the backend or a plugin ends.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "frp.hpp"
#include "guards.hpp"
#include "limits.hpp"
#include "mapping.hpp"

namespace ferrotunnel::cli::importing::frp {
namespace {

/// frp's `*.example.com` also matches several labels in front.
std::string host_of(const std::string& domain) {
    return domain.starts_with("*.") ? "*" + domain : domain;
}

std::vector<std::string> hosts_of(Keys& proxy, Reading& reading) {
    Draft& draft = reading.draft;
    std::vector<std::string> hosts;
    for (const std::string& domain : proxy.texts("customDomains")) {
        hosts.push_back(host_of(domain));
    }
    const auto subdomain = proxy.text("subdomain");
    if (subdomain && reading.subdomain_host) {
        hosts.push_back(*subdomain + "." + *reading.subdomain_host);
    } else if (subdomain) {
        draft.lose(proxy.origin("subdomain"), proxy.full("subdomain"),
                   "it is a part of a host, and the rest (`subDomainHost`) is in the server's file",
                   fmt::format("import both files together, or add the host {}.DOMAIN", *subdomain));
    }
    if (!hosts.empty()) {
        const Origin origin = proxy.origin(proxy.has("customDomains") ? "customDomains" : "subdomain");
        draft.ask(origin, fmt::format("DNS: {} has to lead to the new server before visitors use it", joined(hosts)));
    }
    return hosts;
}

void read_headers(Keys& proxy, Node& service) {
    for (const auto& [key, list] :
         {std::pair{"requestHeaders.set", "request_headers"}, std::pair{"responseHeaders.set", "response_headers"}}) {
        Keys headers = proxy.map(key);
        for (const std::string& name : headers.names()) {
            if (const auto value = headers.text(name)) {
                service.at(list).at("set").put(name, *value, headers.origin(name));
            }
        }
    }
}

void read_rules(Keys& proxy, Node& service, Draft& draft) {
    if (const auto host = proxy.text("hostHeaderRewrite")) {
        service.set("host_header", *host, proxy.origin("hostHeaderRewrite"));
    }
    read_headers(proxy, service);
    read_password(proxy, service, draft);
    if (proxy.has("routeByHTTPUser")) {
        proxy.lose(draft, "routeByHTTPUser", "a service is chosen by host and path, not by the name of a user");
        close_unguarded_service(draft, service, proxy.origin("routeByHTTPUser"), "routeByHTTPUser");
    }
}

/// What all services of one proxy have; each `location` is a service.
struct HttpService {
    std::string name;
    std::vector<std::string> hosts;
    std::string local;
    Origin hosts_origin;
    bool needs_tls = false;
};

Node& add(Draft& draft, Keys& proxy, const HttpService& wanted, std::string_view kind) {
    Node& service = draft.add_service(wanted.name, kind, wanted.hosts, wanted.local, proxy.origin("name"));
    service.at(kind).set_origin(wanted.hosts_origin);
    if (proxy.has("localPort")) {
        service.at("local").set_origin(proxy.origin("localPort"));
    }
    return service;
}

void close_without_paths(Keys& proxy, Node& service, Draft& draft) {
    if (!is_null(proxy, "locations")) {
        close_unreadable(draft, service, proxy, "locations", Form::texts);
    }
}

/// The paths of `locations`, of which each is a service.
std::vector<std::string> paths_of(Keys& proxy) {
    std::vector<std::string> paths = proxy.texts("locations");
    if (paths.empty() || is_unreadable(proxy, "locations", Form::texts)) {
        paths.assign(1, "/");
    }
    if (paths.size() > locations_max) {
        throw SourceError(proxy.origin("locations"), fmt::format("there are more than {} locations", locations_max));
    }
    return paths;
}

void add_http(Keys& proxy, const HttpService& wanted, const std::optional<PluginBackend>& plugin, Reading& reading) {
    Draft& draft = reading.draft;
    const std::vector<std::string> paths = paths_of(proxy);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        HttpService each = wanted;
        each.name += i == 0 ? "" : fmt::format("-{}", i + 1);
        Node& service = add(draft, proxy, each, "http");
        if (paths[i] != "/") {
            service.set("path", paths[i], proxy.origin("locations"));
        }
        if (wanted.needs_tls) {
            service.set("https_redirect", true, proxy.origin("type"));
        }
        close_without_paths(proxy, service, draft);
        read_rules(proxy, service, draft);
        if (plugin) {
            read_plugin_rules(proxy, service, *plugin, draft);
        }
        read_common(proxy, service, reading);
    }
    if (std::ranges::any_of(paths, [](const std::string& path) { return path != "/"; })) {
        draft.ask(proxy.origin("locations"),
                  "a path is compared by its parts: /pic is /pic and /pic/a, but not /pictures as with frp");
    }
}

std::optional<HttpService> http_service(Keys& proxy, Reading& reading, const std::optional<PluginBackend>& plugin) {
    const auto local = plugin ? std::optional(plugin->local) : backend_of(proxy, reading.draft);
    HttpService service{valid_name(proxy.text("name").value_or("")), hosts_of(proxy, reading), local.value_or(""),
                        proxy.origin(proxy.has("customDomains") ? "customDomains" : "subdomain"), false};
    if (!local || service.hosts.empty()) {
        lose_all(proxy, reading.draft, !local ? "its backend has no equivalent" : "its host is not known");
        return std::nullopt;
    }
    return service;
}

}  // namespace

void read_password(Keys& keys, Node& service, Draft& draft) {
    constexpr std::array<std::string_view, 2> both{"httpUser", "httpPassword"};
    bool is_closed = false;
    for (const std::string_view key : both) {
        is_closed = close_unreadable(draft, service, keys, key, Form::text) || is_closed;
    }
    if (is_closed) {
        for (const std::string_view key : both) {
            if (!is_unreadable(keys, key, Form::text)) {
                keys.lose(draft, key, "user name and password are required together, and the other cannot be read");
            }
        }
        return;
    }
    const auto user = keys.text("httpUser");
    const auto password = keys.text("httpPassword");
    if (!user && !password) {
        return;  // texts without a character: frp asks for no password either
    }
    const std::string_view first = user ? "httpUser" : "httpPassword";
    if (!require_password(draft, service, keys.origin(first), keys.full(first),
                          user.value_or("") + ":" + password.value_or(""))) {
        close_unguarded_service(draft, service, keys.origin(first), "httpUser");
    }
}

void read_http_proxy(Keys& proxy, Reading& reading) {
    const bool has_plugin = has_plugin_of(proxy);
    const auto plugin = has_plugin ? read_plugin(proxy, reading.draft) : std::nullopt;
    if (has_plugin && !plugin) {
        lose_all(proxy, reading.draft, "its plugin has no equivalent");
        return;
    }
    if (const auto service = http_service(proxy, reading, plugin)) {
        add_http(proxy, *service, plugin, reading);
    }
}

void read_https_proxy(Keys& proxy, Reading& reading) {
    Draft& draft = reading.draft;
    const bool has_plugin = has_plugin_of(proxy);
    const auto plugin = has_plugin ? read_plugin(proxy, draft) : std::nullopt;
    if (has_plugin && !plugin) {
        lose_all(proxy, draft, "its plugin has no equivalent");
        return;
    }
    auto service = http_service(proxy, reading, plugin);
    if (!service) {
        return;
    }
    if (plugin && plugin->is_http) {
        draft.ask(
            proxy.origin("plugin.type"),
            fmt::format("{} is served by HTTPS with a certificate on the server (`server.https`); visitors without TLS "
                        "are redirected to it",
                        service->hosts.front()));
        service->needs_tls = true;
        add_http(proxy, *service, plugin, reading);
        return;
    }
    Node& passed = add(draft, proxy, *service, "tls");
    read_common(proxy, passed, reading);
}

}  // namespace ferrotunnel::cli::importing::frp
