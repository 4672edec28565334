// frp's client plugins, which are kinds of backends here.
#include <fmt/format.h>

#include <algorithm>

#include "frp.hpp"
#include "guards.hpp"
#include "mapping.hpp"

namespace ferrotunnel::cli::importing::frp {
namespace {

constexpr std::string_view no_destinations =
    "an exit needs a list of the destinations that visitors may reach, which frp does not have";
constexpr std::string_view certificate_moves =
    "TLS of HTTP services ends at the server, which has the certificate (`server.https.certificates`)";

std::optional<PluginBackend> lose_plugin(Keys& plugin, Draft& draft, std::string_view why,
                                         std::string_view instead = {}) {
    plugin.lose(draft, "type", why, instead);
    return std::nullopt;
}

std::optional<std::string> address(Keys& plugin, std::string_view scheme) {
    const auto local = plugin.text("localAddr");
    return local ? std::optional(fmt::format("{}://{}", scheme, address_of(*local).value_or(*local))) : std::nullopt;
}

std::optional<PluginBackend> http_backend(Keys& plugin, std::string_view scheme, Draft& draft) {
    const auto local = address(plugin, scheme);
    if (!local) {
        return lose_plugin(plugin, draft, "there is no localAddr");
    }
    return PluginBackend{.local = *local, .is_http = true, .is_insecure = scheme == "https"};
}

std::optional<PluginBackend> files_backend(Keys& plugin, Draft& draft) {
    const auto folder = plugin.text("localPath");
    if (!folder) {
        return lose_plugin(plugin, draft, "there is no localPath");
    }
    ask_about_relative_path(draft, plugin.origin("localPath"), *folder);
    return PluginBackend{.local = "files:" + *folder, .is_http = true, .is_files = true};
}

void read_files_rules(Keys& plugin, Node& service, Draft& draft) {
    service.set("listing", true, plugin.origin("type"));
    read_password(plugin, service, draft);
    if (!is_null(plugin, "stripPrefix") && close_unreadable(draft, service, plugin, "stripPrefix", Form::scalar)) {
        return;
    }
    const auto prefix = plugin.text("stripPrefix");
    const Node* const path = service.find("path");
    if (prefix && path != nullptr && path->scalar() != "/" + *prefix) {
        plugin.lose(draft, "stripPrefix", "`strip_prefix` removes the path of the service, and no other one");
        close_unguarded_service(draft, service, plugin.origin("stripPrefix"), "locations");
    } else if (prefix) {
        service.set("path", "/" + *prefix, plugin.origin("stripPrefix"));
        service.set("strip_prefix", true, plugin.origin("stripPrefix"));
    }
}

}  // namespace

bool has_plugin_of(const Keys& proxy) {
    return proxy.has("plugin") ? !is_null(proxy, "plugin") : proxy.has("plugin.type");
}

std::optional<PluginBackend> read_plugin(Keys& proxy, Draft& draft) {
    Keys plugin = proxy.map("plugin");
    const std::string type = plugin.text("type").value_or("");
    if (type == "unix_domain_socket") {
        const auto path = plugin.text("unixPath");
        return path ? std::optional(PluginBackend{.local = "unix:" + *path})
                    : lose_plugin(plugin, draft, "there is no unixPath");
    }
    if (type == "http2http" || type == "https2http") {
        return http_backend(plugin, "http", draft);
    }
    if (type == "http2https" || type == "https2https") {
        return http_backend(plugin, "https", draft);
    }
    if (type == "static_file") {
        return files_backend(plugin, draft);
    }
    if (type == "socks5" || type == "http_proxy") {
        return lose_plugin(plugin, draft, no_destinations,
                           fmt::format("offer `{{tcp: {}, local: exit, allow: [DESTINATIONS]}}` (docs/exit.md)",
                                       proxy.text("remotePort").value_or("PORT")));
    }
    if (type == "tls2raw") {
        return lose_plugin(plugin, draft, "a client has no certificate for a backend without TLS",
                           "let the backend or the server have it");
    }
    return lose_plugin(plugin, draft, fmt::format("there is no plugin {}", type));
}

void read_plugin_rules(Keys& proxy, Node& service, const PluginBackend& backend, Draft& draft) {
    Keys plugin = proxy.map("plugin");
    if (backend.is_files) {
        read_files_rules(plugin, service, draft);
    }
    if (const auto host = plugin.text("hostHeaderRewrite")) {
        service.set("host_header", *host, plugin.origin("hostHeaderRewrite"));
    }
    Keys headers = plugin.map("requestHeaders.set");
    for (const std::string& name : headers.names()) {
        if (const auto value = headers.text(name)) {
            service.at("request_headers.set").put(name, *value, headers.origin(name));
        }
    }
    if (backend.is_insecure) {
        service.set("backend_insecure", true, plugin.origin("type"));
        draft.ask(plugin.origin("type"),
                  "the certificate of the backend is not verified, as with frp: `backend_ca` verifies it");
    }
    plugin.lose(draft, "crtPath", certificate_moves, "copy the certificate to the server");
    plugin.lose(draft, "keyPath", certificate_moves, "copy the key to the server, as a file of mode 0600");
    if (const auto http2 = plugin.boolean(draft, "enableHTTP2"); http2 && !*http2) {
        plugin.lose(draft, "enableHTTP2", "HTTP/2 is a setting of the server", "set `server.https.http2: off`");
    } else {
        plugin.skip(draft, "enableHTTP2", "the server offers HTTP/2");
    }
}

}  // namespace ferrotunnel::cli::importing::frp
