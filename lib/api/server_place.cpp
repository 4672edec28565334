#include "ferrotunnel/detail/server_place.hpp"

#include "api/builder_access.hpp"
#include "net/host_port.hpp"
#include "net/proxy.hpp"
#include "settings/client.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

std::optional<ServerPlace> server_place(const Client::Builder& builder) {
    const ClientSettings& settings = BuilderAccess::settings_of(builder);
    const auto server = net::parse_host_port(settings.server, default_control_port);
    if (!server || server->host.empty()) {
        return std::nullopt;
    }
    const auto proxy = proxy_of(settings, *server);
    if (!proxy) {
        return std::nullopt;
    }
    ServerPlace place{
        server->host, server->port, settings.tls, settings.tls_ca, settings.tls_pin, {}, {}, 0, false, {}};
    if (*proxy) {
        const net::Proxy& through = **proxy;
        place.proxy = net::to_text(through);
        place.proxy_host = through.place.host;
        place.proxy_port = through.place.port;
        place.proxy_connects = through.kind == net::Proxy::Kind::http;
        place.proxy_login = through.user.empty() ? "" : through.user + ':' + through.password;
    }
    return place;
}

std::string tls_certificate_file(const Server::Builder& builder) {
    return BuilderAccess::settings_of(builder).tls_chain;
}

std::vector<std::string> client_plugin_types(const Server::Builder& builder) {
    std::vector<std::string> types;
    for (const ClientPlugin& each : BuilderAccess::settings_of(builder).client_plugins) {
        if (each.library == nullptr) {
            types.push_back(each.type);
        }
    }
    return types;
}

}  // namespace ferrotunnel::detail
