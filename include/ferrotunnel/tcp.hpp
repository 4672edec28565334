// A TCP service: a public port on the server, and its backend.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ferrotunnel/backend.hpp"
#include "ferrotunnel/exit.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/group.hpp"
#include "ferrotunnel/health_check.hpp"
#include "ferrotunnel/service_plugin.hpp"
#include "ferrotunnel/service_token.hpp"
#include "ferrotunnel/visit.hpp"

namespace ferrotunnel {

/// A TCP service. It has constructors and no designated initialisers: when an aggregate is made inside a `co_await`
/// expression, GCC 12 copies its strings bit by bit and frees them twice, without a warning. Set all other values as
/// members.
struct Tcp {
    Tcp() = default;
    explicit Tcp(std::uint16_t remote_port_in) : remote_port(remote_port_in) {}
    Tcp(std::uint16_t remote_port_in, std::string local_in, std::string name_in = {})
        : remote_port(remote_port_in), local(std::move(local_in)), name(std::move(name_in)) {}

    /// Makes a service without a public port. The server's own program reaches it by `name` with Server::async_open,
    /// and holders of its token through Server::Builder::connect_bind. With a `key`, only visits of other clients reach
    /// it (Client::visit).
    static Tcp private_service(std::string name_in, std::string local_in = {}) {
        Tcp tcp(0, std::move(local_in), std::move(name_in));
        tcp.is_private = true;
        return tcp;
    }

    /// Makes a service for each port of a range of public ports, each with its own backend port: "20000-20010" and
    /// "127.0.0.1:3000-3010", of equal length and at most 1,024 ports. Services are named `name`, ":" and the public
    /// port; without a name they get their default names. Throws config_error if a range is invalid.
    FERROTUNNEL_EXPORT static std::vector<Tcp> range(std::string_view remote_ports, std::string_view local,
                                                     std::string_view name = {});

    /// Makes an exit: visitors use this client as a SOCKS5 or HTTP proxy to the destinations in `allow` (docs/exit.md).
    /// Without users no login is required.
    static Tcp exit(std::uint16_t remote_port_in, std::vector<std::string> allow_in,
                    std::vector<ExitUser> users_in = {}) {
        Tcp tcp(remote_port_in, "exit");
        tcp.allow = std::move(allow_in);
        tcp.users = std::move(users_in);
        return tcp;
    }

    /// The public port on the server; 0: the server chooses one, and keeps it for as long as it remembers this client.
    std::uint16_t remote_port = 0;
    /// The backend that visitors are forwarded to, as an address for this process: "127.0.0.1:22", "[::1]:22",
    /// "db.internal:5432", "22" (on this machine); "unix:/run/app.sock"; "tls://db.internal:5433" for a backend that
    /// speaks TLS from the first byte on, see `backend_tls`; "exit" for this client as a proxy, see `exit`. Not used by
    /// listen, where the application itself serves.
    std::string local{};
    /// The name of the service in events, logs and Server::async_open: up to 64 letters, digits and "._-:/[]*". Empty:
    /// "tcp:" and remote_port, or `local` if the server chooses the port; cut or changed to a valid name, with a
    /// checksum at the end. It must be unique within a client.
    std::string name{};
    /// Whether the service has no public port: then `remote_port` must be 0, and the default name is "private:" and
    /// `local`.
    bool is_private = false;
    /// The server's address on which the port listens, an IP address like "127.0.0.1". Empty: the server's choice. The
    /// server decides which addresses this client's token may use; a loopback address of the server is always allowed.
    std::string bind{};
    /// The key of a private service, for visits of other clients (Client::visit): a visitor must prove it, and the
    /// traffic is encrypted between the clients. Such a service has no other visitors. It cannot be combined
    /// with a backend that uses TLS, or with `listen`.
    VisitKey key{};
    BackendTls backend_tls{};
    ProxyProtocol proxy_protocol = ProxyProtocol::off;
    /// Plugins of the server that visitors pass in this order, after the server's own; up to 8. Not for private
    /// services.
    std::vector<ServicePlugin> plugins{};
    /// The group that shares the service; none by default.
    Group group{};
    /// Health check of the backend; off by default.
    HealthCheck health{};
    /// For an exit: the destinations that visitors may reach, like "10.0.0.0/8:443", "*.example.com:80,443" or
    /// "[2001:db8::7]:22"; 1 to 256. Without ports, all ports are allowed. A destination allowed only by name is
    /// reached at public addresses only.
    std::vector<std::string> allow{};
    /// For an exit: its users, up to 64.
    std::vector<ExitUser> users{};
    /// A token of the service's own, if the server requires one in addition to the client's (GuardedService).
    ServiceToken token{};
    /// Whether the service is offered. A disabled one is not registered with the server (Service::State::disabled),
    /// until Client::set_enabled or apply() enables it.
    bool enabled = true;
    /// Who disabled it, for status; ignored if `enabled` is true.
    std::string disabled_by{};

    friend bool operator==(const Tcp&, const Tcp&) = default;
};

}  // namespace ferrotunnel
