// A UDP service: a public UDP port on the server, and its backend.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ferrotunnel/backend.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/group.hpp"
#include "ferrotunnel/service_plugin.hpp"
#include "ferrotunnel/service_token.hpp"
#include "ferrotunnel/visit.hpp"

namespace ferrotunnel {

/// A UDP service. Each address that sends to the public port is a visitor, and has a socket of its own towards the
/// backend, so that the backend can distinguish visitors. Datagrams of 0 to 65,507 bytes arrive whole or not at all; as
/// with UDP itself they may be lost if a queue is full or the backend is unreachable (DatagramStats counts them). UDP
/// and TCP ports do not conflict.
struct Udp {
    /// It has constructors and no designated initialisers, for the reason given at Tcp.
    Udp() = default;
    explicit Udp(std::uint16_t remote_port_in) : remote_port(remote_port_in) {}
    Udp(std::uint16_t remote_port_in, std::string local_in, std::string name_in = {})
        : remote_port(remote_port_in), local(std::move(local_in)), name(std::move(name_in)) {}

    /// Makes a service for each port of a range of public ports, like Tcp::range.
    FERROTUNNEL_EXPORT static std::vector<Udp> range(std::string_view remote_ports, std::string_view local,
                                                     std::string_view name = {});

    /// Makes a service without a public port, which other clients reach by its name and its key (Client::visit). It
    /// needs a key.
    static Udp private_service(std::string name_in, std::string local_in = {}) {
        Udp udp(0, std::move(local_in), std::move(name_in));
        udp.is_private = true;
        return udp;
    }

    /// The public port on the server; 0: the server chooses one, and keeps it for as long as it remembers this client.
    std::uint16_t remote_port = 0;
    /// The backend that datagrams are forwarded to, as an address for this process: "127.0.0.1:53", "[::1]:53",
    /// "dns.internal:53", "53" (on this machine).
    std::string local{};
    /// The name of the service in events and logs: up to 64 letters, digits and "._-:/[]*". Empty: "udp:" and
    /// remote_port, or "udp:" and `local` if the server chooses the port; cut or changed to a valid name, with a
    /// checksum at the end. It must be unique within a client.
    std::string name{};
    /// How long a visitor may be silent in both directions before it is forgotten: 1 s to 1 h. Later datagrams are a
    /// new visitor for the backend, with another port. Use less for many short visits, and more for tunnels with long
    /// silences.
    std::chrono::milliseconds idle{60'000};
    /// The server's address on which the port listens, an IP address like "127.0.0.1". Empty: the server's choice. The
    /// server decides which addresses this client's token may use; a loopback address of the server is always allowed.
    std::string bind{};
    /// Whether the service has no public port: see private_service().
    bool is_private = false;
    /// The key of a private service, for visits of other clients: a visitor must prove it, and the traffic is encrypted
    /// between the clients, so that the server cannot read it.
    VisitKey key{};
    /// `v2`: a PROXY protocol header with the visitor's address is sent before a visitor's first datagram, or before
    /// each one (`proxy_each`, as DNS servers expect). With it, a datagram of more than 65,455 bytes may be too long,
    /// and is dropped. `v1` is for connections only. For a visit of another client it has that client's address as the
    /// server saw it.
    ProxyProtocol proxy_protocol = ProxyProtocol::off;
    bool proxy_each = false;
    /// The name of a TCP service of this client with which this one shares its public port number: either both are
    /// registered, or neither. `remote_port` is then ignored, and `bind` must be that of the TCP service. Empty:
    /// independent.
    std::string with_tcp{};
    /// Plugins of the server that check each visitor's address once, in this order; up to 8. A server that does not
    /// allow one refuses the service. Not for private services.
    std::vector<ServicePlugin> plugins{};
    /// The group that shares the service; none by default.
    Group group{};
    /// A token of the service's own, if the server requires one in addition to the client's (GuardedService).
    ServiceToken token{};
    /// Whether the service is offered. A disabled one is not registered with the server (Service::State::disabled),
    /// until Client::set_enabled or apply() enables it.
    bool enabled = true;
    /// Who disabled it, for status; ignored if `enabled` is true.
    std::string disabled_by{};

    friend bool operator==(const Udp&, const Udp&) = default;
};

}  // namespace ferrotunnel
