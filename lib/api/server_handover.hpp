// Hand-over of a Server to another process, and the sockets that are passed between processes:
// docs/architecture/upgrade.md.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "admin/subject.hpp"
#include "api/facade_control.hpp"
#include "api/lifecycle.hpp"
#include "api/server_cluster.hpp"
#include "api/server_edge.hpp"
#include "api/server_endpoints.hpp"
#include "api/server_listeners.hpp"
#include "api/server_sessions.hpp"
#include "api/state_directory.hpp"
#include "runtime/passed_sockets.hpp"

namespace ferrotunnel::detail {

/// Thread-safe, except where a member states otherwise. Holds no lock.
class ServerHandover {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        const Lifecycle& lifecycle;
        FacadeControl& control;
        ServerEndpoints& endpoints;
        const ServerSessions& sessions;
        ServerListeners& listeners;
        ServerEdge& edge;
        StateDirectory& state;
        ServerCluster& cluster;
    };
    explicit ServerHandover(Needs needs) : needs_(std::move(needs)) {}
    ServerHandover(const ServerHandover&) = delete;
    ServerHandover& operator=(const ServerHandover&) = delete;

    /// Sockets that another process, or a service manager, has passed. Before the start.
    void inherit(std::vector<runtime::NamedSocket> sockets);
    /// Copies of all sockets, for a service manager that keeps them for the next process.
    std::vector<runtime::NamedSocket> sockets_to_keep();
    /// Number of changes to the set of sockets so far.
    std::uint64_t socket_changes() const noexcept { return needs_.shared->ports->socket_changes(); }

    /// The keys of visitors' session tickets of the server that this one replaces. Before the start.
    void inherit_ticket_keys(std::string keys) { needs_.edge.tls().set_ticket_keys(std::move(keys)); }

    // Requests of the other process, on the control API's thread.
    admin::Answer answer_sockets(std::size_t first);
    admin::Answer answer_ticket_keys();
    /// The other process replaces this one from now on, if the program drains. Both accept until the program, which
    /// sends itself SIGTERM for this (cli/drain_request.hpp), stops the server: begin_drain() leaves the sockets.
    admin::Answer begin();
    /// Whether another process has replaced this one.
    bool is_replaced() const noexcept { return is_replaced_.load(); }

    // The end, on the thread that stops the server.
    /// Replaces a drain if another process has replaced this one. Trunks stay as long as visitors may need them: a
    /// keep-alive connection has one more request.
    void begin_drain();
    /// Called repeatedly while visitors finish: as soon as no HTTP connection can send another request, trunks drain.
    void drain_idle();
    /// Before a drain if a service manager keeps the sockets: new visitors wait in the kernel for the next process, and
    /// accepted ones are served.
    void stop_accepting();
    /// Closes public ports without changing their sockets, if a service manager keeps these.
    void leave_kept_ports();
    bool keeps_sockets() const noexcept { return keeps_sockets_.load(); }

private:
    std::vector<runtime::NamedSocket> sockets() const;
    void leave_sockets();

    const Needs needs_;
    std::atomic<bool> is_replaced_{false};
    std::atomic<bool> keeps_sockets_{false};                 // a service manager has copies for the next process
    std::chrono::steady_clock::time_point check_idle_at_{};  // used by the stopping thread
};

}  // namespace ferrotunnel::detail
