// The sessions of a Server: admits connections of clients, assigns each to a worker, and lists them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/sink_logger.hpp"
#include "api/tunnel_numbers.hpp"
#include "base/mutex.hpp"
#include "login/login_limiter.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker_group.hpp"
#include "session/kick_list.hpp"
#include "session/server_session.hpp"
#include "session/session_balancer.hpp"

namespace ferrotunnel::detail {

using SessionPtr = std::shared_ptr<session::ServerSession>;
/// The sessions of each client: one for each of its trunks.
using SessionsByClient = std::map<directory::ClientId, std::vector<SessionPtr>>;

/// Thread-safe, except where a member states otherwise. The mutex is acquired last, and never while a session is
/// called.
class ServerSessions {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        std::function<void()> on_end;  // a session has ended; on its worker
    };
    explicit ServerSessions(Needs needs);
    ServerSessions(const ServerSessions&) = delete;
    ServerSessions& operator=(const ServerSessions&) = delete;

    /// Creates a session for a client's connection, unless there are too many or they arrive too often. Called on a
    /// worker.
    void admit(runtime::Fd socket, const runtime::SocketAddress& from);

    std::vector<SessionPtr> all() const;
    bool empty() const;
    /// The sessions of the client with this id (number_of()), or otherwise of all clients with this name.
    SessionsByClient called(const session::ClientQuery& client) const;
    /// Calls `action` on the worker of each.
    void for_each(void (*action)(session::ServerSession&)) const;
    /// Certificates for visitors have changed: each session reports to its client the services whose addresses are
    /// different now. Does not wait for them.
    void announce_addresses() const;
    /// The number by which an operator identifies the client.
    std::uint64_t number_of(const directory::ClientId& client) const { return numbers_.of(client); }

    /// Admits no more clients.
    void close();
    /// Drops the remaining sessions. When no worker runs any more.
    void abandon();

private:
    /// A client's connection on its way to its worker.
    struct Arrival {
        runtime::Fd socket;
        runtime::SocketAddress from;
        std::shared_ptr<login::LoginLimiter::Ticket> ticket;
        std::shared_ptr<session::SessionBalancer::Assignment> assignment;
    };

    void log_limit_reached(const login::LoginLimiter::Answer& answer, const runtime::SocketAddress& from);
    void start(runtime::Worker& worker, Arrival arrival);
    void remove(const SessionPtr& session);

    const Needs needs_;
    const std::shared_ptr<login::LoginLimiter> limiter_ = std::make_shared<login::LoginLimiter>();
    const std::shared_ptr<session::SessionBalancer> balancer_;
    mutable TunnelNumbers numbers_;
    mutable Mutex mutex_;
    std::set<SessionPtr> sessions_ GUARDED_BY(mutex_);
    bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace ferrotunnel::detail
