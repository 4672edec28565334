// The ports of a Server for clients and for CONNECT, and a helper to open any of its ports.
#pragma once

#include <memory>
#include <string>
#include <system_error>

#include "api/connect_access.hpp"
#include "api/server_endpoints.hpp"
#include "api/server_sessions.hpp"
#include "api/sink_logger.hpp"
#include "buffer/mailbox.hpp"
#include "ingress/connect_port.hpp"
#include "net/ip_network.hpp"
#include "runtime/acceptor.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// A port of the edge.
struct EdgePort {
    const char* what = "";  // the kind of its visitors, for log lines
    std::string bind{};     // empty: no listener
    Endpoint endpoint = Endpoint::http;
    bool needed = true;      // otherwise a failure is logged, and is not an error
    std::string fallback{};  // the address if `bind` is in use or not permitted; empty: none
};

/// Both ports accept on the first worker. The sockets of the edge are opened here, too, and then belong to the edge
/// (ServerEdge). Called by the thread that starts or stops the server, except where a member states otherwise.
class ServerListeners {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        ServerEndpoints& endpoints;
        ServerSessions& sessions;      // for accepted clients
        const ConnectAccess& connect;  // for visitors of the CONNECT port
    };
    explicit ServerListeners(Needs needs) : needs_(std::move(needs)) {}
    ServerListeners(const ServerListeners&) = delete;
    ServerListeners& operator=(const ServerListeners&) = delete;

    /// Listens at `bind`, on the passed socket for it if there is one. Empty on failure, with the reason in `error`.
    runtime::Fd open(const std::string& bind, Endpoint endpoint, std::error_code& error);
    /// Like open(), for a port of the edge.
    runtime::Fd open_optional(const EdgePort& port, std::error_code& error);
    /// Reserves the port for the server, and makes its address readable. Returns the address.
    runtime::SocketAddress announce(const runtime::Fd& listener, Endpoint endpoint);

    /// Announces the port for clients; empty if they use a port of the edge, which has announced it.
    void announce_clients(const runtime::Fd& listener);
    void accept_clients(runtime::Fd listener);
    void accept_connect(runtime::Fd listener, const net::IpNetworks& proxies);

    /// Admits a client that was accepted on a port of the edge. Thread-safe.
    void admit(runtime::Fd socket, const runtime::SocketAddress& from);

    /// Closes both ports later, on their worker.
    void close();
    /// Closes the port for clients later, on its worker.
    void close_to_clients();
    /// Closes both ports at once, if the caller is the first worker.
    void cut_off();
    /// When no worker runs any more.
    void shut_down();

private:
    runtime::Fd open_fallback(const EdgePort& port, std::error_code& error);

    using CloseMail = buffer::WakeMail<ServerListeners, ServerListeners*>;

    const Needs needs_;
    std::unique_ptr<runtime::Acceptor> clients_;     // on the first worker
    std::unique_ptr<ingress::ConnectPort> connect_;  // on the first worker
    const IntrusivePtr<CloseMail> close_mail_ =
        make_intrusive<CloseMail>([](ServerListeners* const& listeners) noexcept { listeners->shut_down(); });
    const IntrusivePtr<CloseMail> close_clients_mail_ =
        make_intrusive<CloseMail>([](ServerListeners* const& listeners) noexcept { listeners->clients_.reset(); });
};

}  // namespace ferrotunnel::detail
