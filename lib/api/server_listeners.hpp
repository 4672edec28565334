// The ports of a Server for clients and for CONNECT, and how any of its ports is opened.
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

/// Both ports accept on the first worker. The sockets of the edge are opened here, too, and are then the edge's
/// (ServerEdge). Called by the thread that starts or stops the server, except where a member says otherwise.
class ServerListeners {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        ServerEndpoints& endpoints;
        ServerSessions& sessions;      // of the clients that are accepted
        const ConnectAccess& connect;  // of the visitors of the CONNECT port
    };
    explicit ServerListeners(Needs needs) : needs_(std::move(needs)) {}
    ServerListeners(const ServerListeners&) = delete;
    ServerListeners& operator=(const ServerListeners&) = delete;

    /// Listens at `bind`, with the socket that was passed on for it if there is one; empty: `error` says why not.
    runtime::Fd open(const std::string& bind, Endpoint endpoint, std::error_code& error);
    /// The same where `bind` may be empty: nowhere. Where the port is not `needed`, a failure is logged and is not an
    /// error. `what` is for that log line.
    runtime::Fd open_optional(const char* what, const std::string& bind, Endpoint endpoint, bool needed,
                              std::error_code& error);
    /// The port is the server's own from now on, and its address can be read. Returns the address.
    runtime::SocketAddress announce(const runtime::Fd& listener, Endpoint endpoint);

    /// Announces the port for clients; empty: they use a port of the edge, which has announced it.
    void announce_clients(const runtime::Fd& listener);
    void accept_clients(runtime::Fd listener);
    void accept_connect(runtime::Fd listener, const net::IpNetworks& proxies);

    /// Admits a client that was accepted at a port of the edge. Any thread.
    void admit(runtime::Fd socket, const runtime::SocketAddress& from);

    /// Both ports are closed, soon, on their worker.
    void close();
    /// The same at once, if the caller is the first worker.
    void cut_off();
    /// When no worker runs any more.
    void take_down();

private:
    using CloseMail = buffer::WakeMail<ServerListeners, ServerListeners*>;

    const Needs needs_;
    std::unique_ptr<runtime::Acceptor> clients_;     // the first worker's
    std::unique_ptr<ingress::ConnectPort> connect_;  // the first worker's
    const IntrusivePtr<CloseMail> close_mail_ =
        make_intrusive<CloseMail>([](ServerListeners* const& listeners) noexcept { listeners->take_down(); });
};

}  // namespace ferrotunnel::detail
