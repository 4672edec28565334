// A TCP service: a public port on the server, and what is behind it.
#pragma once

#include <cstdint>
#include <string>

#include "ferrotunnel/backend.hpp"

namespace ferrotunnel {

/// In a `co_await` expression it needs a name of its own: GCC 12 copies temporaries made with braces bit by bit there.
struct Tcp {
    /// The public port on the server; 0: the server chooses one, and keeps it while this client is known to it.
    std::uint16_t remote_port = 0;
    /// Where visitors are connected to, seen from this process: "127.0.0.1:22", "[::1]:22", "db.internal:5432", ":22";
    /// "unix:/run/app.sock"; "tls://db.internal:5433" for a backend that speaks TLS from the first byte on, see
    /// `backend_tls`. Not used by async_listen, where the application itself serves.
    std::string local;
    /// How events, logs and Server::async_open call it, up to 64 letters, digits and "._-:/". Empty: "tcp:" and
    /// remote_port, or `local` where the server chooses the port. Unique within a client.
    std::string name;
    BackendTls backend_tls{};
    ProxyProtocol proxy_protocol = ProxyProtocol::off;

    friend bool operator==(const Tcp&, const Tcp&) = default;
};

}  // namespace ferrotunnel
