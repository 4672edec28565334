// Services of rathole: the server's file has the public port of each, the client's file its backend.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "rathole.hpp"

namespace ferrotunnel::cli::importing::rathole {
namespace {

constexpr std::string_view any_ipv4 = "0.0.0.0";

bool is_loopback(std::string_view ip) {
    return ip.starts_with("127.") || ip == "::1";
}

/// The one address for most ports: that of all services that are not on a loopback address, or all addresses.
std::string common_address(const Part& server) {
    std::set<std::string> outside;
    std::string loopback;
    bool has_ipv6 = false;
    for (const Service& service : server.services) {
        if (!service.place) {
            continue;
        }
        const std::string& ip = service.place->host;
        if (!is_loopback(ip)) {
            outside.insert(ip);
            has_ipv6 = has_ipv6 || ip.find(':') != std::string::npos;
        } else if (loopback.empty()) {
            loopback = ip;
        }
    }
    if (outside.empty()) {
        return loopback.empty() ? std::string(any_ipv4) : loopback;
    }
    return outside.size() == 1 ? *outside.begin() : has_ipv6 ? "::" : std::string(any_ipv4);
}

void lose_service(Draft& draft, Service& service, std::string_view why, std::string_view instead = {}) {
    service.is_offered = false;
    lose_whole(draft, service.keys, why, instead);
}

/// True if it is for a Unix socket, which is then lost.
bool is_lost_stream(Draft& draft, Service& service) {
    const bool is_stream = service.type == "socket_stream";
    if (is_stream) {
        lose_service(draft, service, "a public Unix socket on the server does not exist here",
                     "offer `tcp: private`, and reach it by its name through the server's `connect_bind`");
    }
    return is_stream;
}

void read_place(Draft& draft, Service& service) {
    if (!service.is_offered || is_lost_stream(draft, service)) {
        return;
    }
    const auto text = service.keys.text("bind_addr");
    service.place = split_address(text.value_or(""));
    if (service.place && service.place->host == "localhost") {
        service.place->host = "127.0.0.1";
    }
    if (!service.place || !is_ip_address(service.place->host)) {
        service.place.reset();
        lose_service(draft, service, "`bind_addr` is not an IP address with a port",
                     "write the address that it had, and import again");
    }
}

/// Keys of both sides without an equivalent.
void skip_common(Draft& draft, Keys& keys) {
    skip_no_delay(draft, keys);
    keys.skip(draft, "udp_data_channels", "each visitor is a stream of its own, on several tunnel connections");
}

class Joiner {
public:
    Joiner(Draft& draft, Setup& setup) : draft_(draft), setup_(setup) {
        if (const Node* const bind = draft.server.find("tcp_bind")) {
            common_ = bind->scalar();
        }
    }

    void join(Service& client) {
        if (!client.is_offered || is_lost_stream(draft_, client)) {
            return;
        }
        Service* const server = counterpart(client);
        if (setup_.server && !fits(client, server)) {
            return;
        }
        const auto text = client.keys.text("local_addr");
        const auto local = text ? address_of(*text) : std::nullopt;
        if (!local || (client.type != "tcp" && client.type != "udp")) {
            lose_service(draft_, client, "its kind or its backend is missing, or is not one of rathole's");
            return;
        }
        const std::string name = valid_name(client.name());
        Node& node = draft_.add_service(name, client.type, server != nullptr ? server->place->port : "0", *local,
                                        client.keys.origin());
        node.set("local", *local, client.keys.origin("local_addr"));
        if (name != client.name()) {
            draft_.ask(client.keys.origin(), fmt::format("the service {} is called {} here", client.name(), name));
        }
        server != nullptr ? add_public_side(node, client, *server) : leave_off(node, client);
        read_client_keys(client, *local);
    }

private:
    Service* counterpart(const Service& client) { return setup_.server ? setup_.server->find(client.name()) : nullptr; }

    bool fits(Service& client, Service* server) {
        if (server == nullptr) {
            lose_service(draft_, client, "the server's file has no service of this name, so it had no public port",
                         fmt::format("add `[server.services.{}]` there, and import again", client.name()));
            return false;
        }
        if (!server->is_offered) {
            lose_service(draft_, client, "its public side in the server's file cannot be imported");
            return false;
        }
        if (server->type != client.type) {
            lose_service(draft_, client, "the server's file has another `type` for it",
                         "correct one of the files, and import again");
            server->is_offered = false;
            return false;
        }
        if (!taken_.insert(client.type + server->place->port).second) {
            lose_service(draft_, client, fmt::format("another service has port {} too", server->place->port),
                         "give one of them another port");
            server->is_offered = false;
            return false;
        }
        return true;
    }

    void add_public_side(Node& node, const Service& client, Service& server) {
        node.set(client.type, server.place->port, server.keys.origin("bind_addr"));
        if (server.place->host != common_) {
            node.set("bind", server.place->host, server.keys.origin("bind_addr"));
        }
        const auto version = server.keys.text("proxy_protocol");
        if (version && client.type == "tcp" && (*version == "v1" || *version == "v2")) {
            node.set("proxy_protocol", *version, server.keys.origin("proxy_protocol"));
        } else if (version) {
            server.keys.lose(draft_, "proxy_protocol", "rathole knows v1 and v2, for TCP only");
        }
    }

    void leave_off(Node& node, const Service& client) {
        node.set("enabled", false);
        draft_.ask(
            client.keys.origin(),
            fmt::format("the service {} is off, since its public port is in the server's file: import both files, or "
                        "write the port in `{}` and remove `enabled: off`",
                        client.name(), client.type));
    }

    void read_client_keys(Service& client, const std::string& local) {
        Keys& keys = client.keys;
        skip_common(draft_, keys);
        constexpr long long usual = 1;
        const auto of_all = setup_.client->keys.number(draft_, "retry_interval", 0, day_in_seconds).value_or(usual);
        const auto own = keys.number(draft_, "retry_interval", 0, day_in_seconds);
        if (own.value_or(of_all) != of_all) {
            keys.lose(draft_, "retry_interval", "all services share the connections of their client",
                      "set `client.timing.reconnect_max`");
        } else if (own) {
            keys.skip(draft_, "retry_interval", "it is the one of the client");
        }
        const auto place = split_address(local);
        if (keys.boolean(draft_, "prefer_ipv6") == true && place && !is_ip_address(place->host)) {
            keys.lose(draft_, "prefer_ipv6", "the system decides which address of a name is tried first",
                      "write the IPv6 address in `local`");
        } else {
            keys.skip(draft_, "prefer_ipv6", "it has no effect here");
        }
    }

    Draft& draft_;
    Setup& setup_;
    std::string common_{any_ipv4};
    std::set<std::string> taken_;  // kinds with public ports
};

/// What the client's file would have said.
void ask_for_client(Draft& draft, Service& service, const std::string& common) {
    const auto version = service.keys.text("proxy_protocol");
    draft.ask(service.keys.origin(),
              fmt::format("the client of {} offers it in `client.services`: {{name: {}, {}: {}, local: ADDRESS{}{}}}",
                          service.name(), valid_name(service.name()), service.type, service.place->port,
                          service.place->host == common ? "" : ", bind: \"" + service.place->host + '"',
                          version ? ", proxy_protocol: " + *version : ""));
}

}  // namespace

void read_public_ports(Draft& draft, Part& server) {
    for (Service& service : server.services) {
        read_place(draft, service);
        if (service.is_offered) {
            skip_common(draft, service.keys);
        }
    }
    const std::string common = common_address(server);
    std::set<std::string> ports;
    for (const Service& service : server.services) {
        if (!service.place) {
            continue;
        }
        const Origin origin = service.keys.origin("bind_addr");
        if (common != any_ipv4 && draft.server.find("tcp_bind") == nullptr) {
            draft.set(Side::server, "tcp_bind", common, origin);
        }
        if (ports.insert(service.place->port).second) {
            draft.server.at("allow_ports").add(service.place->port, origin);
        }
    }
    if (ports.empty()) {
        draft.ask(server.keys.origin(),
                  "clients may open every port from 1024 on: list those that they need in "
                  "`server.allow_ports`");
    }
}

void join_services(Draft& draft, Setup& setup) {
    if (setup.client) {
        Joiner joiner(draft, setup);
        for (Service& service : setup.client->services) {
            joiner.join(service);
        }
    }
    if (!setup.server) {
        return;
    }
    const Node* const bind = draft.server.find("tcp_bind");
    for (Service& service : setup.server->services) {
        if (service.is_offered && (!setup.client || setup.client->find(service.name()) == nullptr)) {
            ask_for_client(draft, service, bind != nullptr ? bind->scalar() : std::string(any_ipv4));
        }
    }
}

}  // namespace ferrotunnel::cli::importing::rathole
