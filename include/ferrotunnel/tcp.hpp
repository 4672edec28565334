// A TCP service: a public port on the server, and what is behind it.
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
/// expression, GCC 12 copies its strings bit by bit and frees them twice, without a warning. What the constructors do
/// not take is a member to set.
struct Tcp {
    Tcp() = default;
    explicit Tcp(std::uint16_t remote_port_in) : remote_port(remote_port_in) {}
    Tcp(std::uint16_t remote_port_in, std::string local_in, std::string name_in = {})
        : remote_port(remote_port_in), local(std::move(local_in)), name(std::move(name_in)) {}

    /// Makes a service without a public port: only the server's own program reaches it, by Server::async_open and
    /// `name`.
    static Tcp private_service(std::string name_in, std::string local_in = {}) {
        Tcp tcp(0, std::move(local_in), std::move(name_in));
        tcp.is_private = true;
        return tcp;
    }

    /// Makes a service for each of a range of public ports, with a port of its own behind it: "20000-20010" and
    /// "127.0.0.1:3000-3010", of the same length and of at most 1,024 ports. Services are called `name`, ":" and the
    /// public port; without a name as services without one are. Throws config_error when a range cannot be right.
    FERROTUNNEL_EXPORT static std::vector<Tcp> range(std::string_view remote_ports, std::string_view local,
                                                     std::string_view name = {});

    /// Makes an exit: visitors speak SOCKS5 or HTTP as with a proxy, and this client connects them to where they want
    /// to go, as far as `allow` names it (docs/exit.md). Without users nobody has to log in.
    static Tcp exit(std::uint16_t remote_port_in, std::vector<std::string> allow_in,
                    std::vector<ExitUser> users_in = {}) {
        Tcp tcp(remote_port_in, "exit");
        tcp.allow = std::move(allow_in);
        tcp.users = std::move(users_in);
        return tcp;
    }

    /// The public port on the server; 0: the server chooses one, and keeps it for as long as it knows this client.
    std::uint16_t remote_port = 0;
    /// The backend that visitors are connected to, seen from this process: "127.0.0.1:22", "[::1]:22",
    /// "db.internal:5432", "22" (on this machine); "unix:/run/app.sock"; "tls://db.internal:5433" for a backend that
    /// speaks TLS from the first byte on, see `backend_tls`; "exit" for this client as a proxy, see `exit`. Not used by
    /// listen, where the application itself serves.
    std::string local{};
    /// The name of the service in events, logs and Server::async_open: up to 64 letters, digits and "._-:/[]*". Empty:
    /// "tcp:" and remote_port, or `local` where the server chooses the port; where that is not a valid name, it is cut
    /// or changed, with a checksum at the end. It must be unique within a client.
    std::string name{};
    /// Whether the service has no public port: then `remote_port` is 0 and means nothing, and a service without a name
    /// is called "private:" and `local`.
    bool is_private = false;
    /// The server's address on which the port listens, an IP address like "127.0.0.1". Empty: the server's choice. The
    /// server decides which ones this client's token may have; to its own machine alone every port may be narrowed.
    std::string bind{};
    /// The key of a private service, for visits of other clients (Client::visit): a visitor has to prove it, and what
    /// passes is encrypted between the clients. Such a service has no other visitors. Not with a backend that speaks
    /// TLS, and not with `listen`.
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
    /// Of an exit: the destinations that visitors may reach, like "10.0.0.0/8:443", "*.example.com:80,443" or
    /// "[2001:db8::7]:22"; 1 to 256, without ports all of them. What is allowed by its name alone leads to public
    /// addresses only.
    std::vector<std::string> allow{};
    /// Of an exit: who may use it, up to 64.
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
