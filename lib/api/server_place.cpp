#include "ferrotunnel/detail/server_place.hpp"

#include "api/builder_access.hpp"
#include "net/host_port.hpp"
#include "net/proxy.hpp"
#include "settings/client.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {
namespace {

void add_proxy(const net::Proxy& through, ServerPlace& place) {
    place.proxy = net::to_text(through);
    place.proxy_host = through.place.host;
    place.proxy_port = through.place.port;
    place.proxy_connects = through.kind == net::Proxy::Kind::http;
    place.proxy_login = through.user.empty() ? "" : through.user + ':' + through.password;
}

}  // namespace

std::vector<ServerPlace> server_places(const Client::Builder& builder) {
    const ClientSettings& settings = BuilderAccess::settings_of(builder);
    std::vector<ServerPlace> places;
    for (const std::string& address : listed_servers(settings.servers)) {
        const auto server = net::parse_host_port(address, default_control_port);
        if (!server || server->host.empty()) {
            return {};
        }
        const auto proxy = proxy_of(settings, *server);
        if (!proxy) {
            return {};
        }
        ServerPlace& place = places.emplace_back();
        place.host = server->host;
        place.port = server->port;
        place.tls = settings.tls;
        place.tls_ca = settings.tls_ca;
        place.tls_pin = settings.tls_pin;
        if (*proxy) {
            add_proxy(**proxy, place);
        }
    }
    return places;
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
