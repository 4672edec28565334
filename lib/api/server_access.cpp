#include "api/server_access.hpp"

#include <utility>

#include "settings/client.hpp"

namespace ferrotunnel::detail {

std::vector<net::HostPort> places_of(const std::vector<std::string>& addresses) {
    std::vector<net::HostPort> places;
    places.reserve(addresses.size());
    for (const std::string& address : addresses) {
        places.push_back(*net::parse_host_port(address, default_control_port));
    }
    return places;
}

session::ServerAccessFor server_access(const ClientSettings& settings,
                                       const std::shared_ptr<transport::TlsContext>& tls) {
    return [proxy = ProxyChoice(settings), tls](const net::HostPort& server) {
        session::ServerAccess access;
        if (auto found = proxy.for_server(server)) {
            access.proxy = std::move(*found);
        }
        access.tls = tls && !server.host.empty() ? tls->for_server(std::string(net::without_zone(server.host))) : tls;
        return access;
    };
}

}  // namespace ferrotunnel::detail
