// Each item of `services` has one of the keys `tcp`, `udp`, `tcp+udp`, `http` and `tls`, its kind.
#include "settings/service_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "settings/listen_addresses.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Section;
using config::Value;

bool is_address_of(const ServerPart& server, const std::string& address) {
    const runtime::SocketAddress bind = listening_address(server.settings.bind, default_control_port);
    const auto dialled = net::parse_host_port(address, default_control_port);
    if (bind.empty() || bind.port() == 0 || !dialled || dialled->port != bind.port()) {
        return false;
    }
    const runtime::SocketAddress to = listening_address(address, default_control_port);
    return dialled->host == server.settings.public_host || (!to.empty() && (to.is_loopback() || to.ip() == bind.ip()));
}

bool goes_there(const ServerPart& server, const ClientValues& client) {
    return std::ranges::any_of(listed_servers(client.servers),
                               [&](const std::string& address) { return is_address_of(server, address); });
}

// Whether the server listens for HTTPS: as set in the file; by default the program does so if there are certificates,
// or if it gets them from a CA.
bool takes_tls(const ServerValues& server) {
    return server.https_bind.empty() ? server.https.has_certificates() || server.has_acme
                                     : server.https_bind != bind_off;
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

std::string with_host(const std::string& local) {
    const std::size_t begin = local.starts_with(':') ? 1 : 0;
    const bool is_port = local.find_first_not_of("0123456789", begin) == std::string::npos;
    return is_port ? "localhost:" + local.substr(begin) : local;
}

bool is_local_missing(const ServiceKeys& keys) {
    return !keys.local && !(keys.http && keys.rules.has("redirect"));
}

bool is_new_name(const std::string& name, const Value& place, ClaimedNames& taken) {
    const auto [named, fresh] = taken.names.emplace(name, place.place());
    if (!fresh) {
        place.problem("a second service is called " + in_quotes(name) + taken.first_one(named->second, place));
    }
    return fresh;
}

bool is_allowed(const Value& place, const std::optional<std::string>& refusal) {
    if (refusal) {
        place.problem(*refusal);
    }
    return !refusal;
}

namespace {

void read_service(const Value& item, ClaimedNames& taken, ConfigReading& reading, ClientPart& part) {
    if (!item.is_group()) {
        item.unexpected("a service, like {tcp: 2222, local: 127.0.0.1:22} or {http: app.example.com, local: 3000}");
        return;
    }
    Section section = section_of(item, service_keys());
    ServiceKeys keys(section);
    keys.rules.find(section);
    section.finish();
    if (keys.kinds() == 0 && !section.has_foreign("kind")) {
        item.problem(
            "needs one of `tcp`, `udp`, `tcp+udp`, `http` and `tls`, such as `tcp: 2222` (0: the server chooses the "
            "port), `http: app.example.com` (`assigned`: the server chooses the host) or `tls: shop.example.com`");
    }
    if (keys.kinds() > 1) {
        const Value& second = keys.http ? *keys.http : keys.tls ? *keys.tls : keys.both ? *keys.both : *keys.udp;
        second.problem("a service has exactly one of `tcp`, `udp`, `tcp+udp`, `http` and `tls`");
    }
    if (is_local_missing(keys) && !section.has_foreign("local")) {
        item.problem("`local` is missing: the backend that visitors are forwarded to, like 127.0.0.1:22");
    }
    if (keys.kinds() != 1) {
        return;
    }
    if (keys.idle && !keys.udp && !keys.both) {
        keys.idle->problem("is for a service with `udp`: how long its visitors may be silent");
        return;
    }
    if (!keys.tcp && keys.exit.refuse()) {
        return;
    }
    if (keys.key && !keys.tcp && !keys.udp) {
        keys.key->problem("is for `tcp: private` and `udp: private`, which other clients visit");
        return;
    }
    if (keys.backend.proxy_each() && !keys.udp && !keys.both) {
        keys.backend.proxy_each()->problem("is for a service with `udp`: its datagrams");
        return;
    }
    if (keys.health && (keys.udp || keys.both)) {
        keys.health->problem(
            "is for a service with `tcp`, `http` or `tls`: a check cannot find out whether datagrams "
            "are accepted");
        return;
    }
    if (keys.bind && !keys.tcp && !keys.udp && !keys.both) {
        keys.bind->problem("is for a service with `tcp` or `udp`, which have a port of their own");
        return;
    }
    if (keys.tcp) {
        add_tcp(keys, taken, reading, part);
    } else if (keys.udp) {
        add_udp(keys, taken, reading, part);
    } else if (keys.both) {
        add_both(keys, taken, reading, part);
    } else if (keys.http) {
        add_http(keys, taken, reading, part);
    } else {
        add_tls(keys, taken, reading, part);
    }
}

}  // namespace

void read_services(const Value& list, ConfigReading& reading, ClientPart& part) {
    ClaimedNames taken{reading, OwnServer::of(reading.file.values.server, part.settings), {}, {}, {}, {}};
    for (const Value& item : list.items()) {
        read_service(item, taken, reading, part);
    }
    const std::size_t count =
        part.services.size() + part.http_services.size() + part.tls_services.size() + part.udp_services.size();
    if (count > limits::services_max) {
        list.problem("has " + std::to_string(count) + " services; a client may have up to " +
                     std::to_string(limits::services_max));
    }
}

}  // namespace ferrotunnel::detail
