#include "settings/keys_sides.hpp"

#include <array>
#include <utility>

#include "settings/listen_addresses.hpp"

namespace ferrotunnel::detail {
namespace {

bool goes_there(const ServerPart& server, const ClientValues& client) {
    const runtime::SocketAddress bind = listening_address(server.settings.bind, default_control_port);
    const auto dialled = net::parse_host_port(client.server, default_control_port);
    if (bind.empty() || bind.port() == 0 || !dialled || dialled->port != bind.port()) {
        return false;
    }
    const runtime::SocketAddress to = listening_address(client.server, default_control_port);
    return dialled->host == server.settings.public_host || (!to.empty() && (to.is_loopback() || to.ip() == bind.ip()));
}

// Whether the server listens for HTTPS: as set in the file; by default the program does so if there are certificates.
bool takes_tls(const ServerValues& server) {
    return server.https_bind.empty() ? server.https.has_certificates() : server.https_bind != bind_off;
}

}  // namespace

std::optional<OwnServer> OwnServer::of(const std::optional<ServerPart>& server, const ClientValues& client) {
    if (!server || !goes_there(*server, client)) {
        return std::nullopt;
    }
    OwnServer own(*server);
    if (server->settings.allow_ports) {
        auto ports = login::PortPolicy::parse(*server->settings.allow_ports);
        if (!ports) {
            return std::nullopt;  // reported at its own place
        }
        own.ports_ = std::move(*ports);
    }
    return own;
}

std::optional<std::string> OwnServer::refusal_of_port(std::uint16_t port) const {
    if (port == 0) {
        return std::nullopt;
    }
    if (!ports_.allows(port)) {
        return "the server of this file does not allow clients to use port " + std::to_string(port) +
               "; its `allow_ports`: " + ports_.describe();
    }
    const ServerValues& settings = part_.settings;
    const auto wanted = runtime::SocketAddress::from_ip(settings.tcp_bind, port);
    const std::array<std::pair<const char*, runtime::SocketAddress>, 4> own{{
        {"bind", listening_address(settings.bind, default_control_port)},
        {"http_bind", listening_address(settings.http_bind, default_http_port)},
        {"https_bind", listening_address(settings.https_bind, default_https_port)},
        {"connect_bind", listening_address(settings.connect_bind, default_connect_port)},
    }};
    for (const auto& [key, address] : own) {
        if (wanted && overlap(*wanted, address)) {
            return "the server of this file uses port " + std::to_string(port) + " itself, as its `" + key + '`';
        }
    }
    return std::nullopt;
}

std::optional<std::string> OwnServer::refusal_of_http(bool wants_a_name) const {
    const ServerValues& settings = part_.settings;
    if (settings.http_bind == bind_off && !takes_tls(settings)) {
        return "the server of this file accepts no HTTP visitors: its `http_bind` is off";
    }
    if (wants_a_name && settings.domain.empty()) {
        return "the server of this file assigns no hosts, since it has no `domain`";
    }
    return std::nullopt;
}

std::optional<std::string> OwnServer::refusal_of_tls() const {
    return takes_tls(part_.settings)
               ? std::nullopt
               : std::optional<std::string>("the server of this file accepts no TLS visitors: it has no `https_bind`");
}

}  // namespace ferrotunnel::detail
