// A Server whose place another process takes, and the sockets that pass between processes:
// docs/architecture/upgrade.md.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "admin/subject.hpp"
#include "api/facade_control.hpp"
#include "api/lifecycle.hpp"
#include "api/server_edge.hpp"
#include "api/server_endpoints.hpp"
#include "api/server_listeners.hpp"
#include "api/server_sessions.hpp"
#include "api/state_directory.hpp"
#include "runtime/passed_sockets.hpp"

namespace ferrotunnel::detail {

/// Any thread, except where a member says otherwise. Holds no lock.
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
    };
    explicit ServerHandover(Needs needs) : needs_(std::move(needs)) {}
    ServerHandover(const ServerHandover&) = delete;
    ServerHandover& operator=(const ServerHandover&) = delete;

    /// Sockets that another process, or a service manager, has passed on. Before the start.
    void inherit(std::vector<runtime::NamedSocket> sockets);
    /// Copies of all sockets, for somebody that keeps them for the next process.
    std::vector<runtime::NamedSocket> sockets_to_keep();
    /// Counts the changes of which sockets there are.
    std::uint64_t socket_changes() const noexcept { return needs_.shared->ports->socket_changes(); }

    // What the other process asks, on the control API's thread.
    admin::Answer answer_sockets(std::size_t first);
    /// The other process is in charge from now on, if the program drains. Both accept until the program, which sends
    /// itself SIGTERM for this (cli/drain_request.hpp), stops the server: begin_drain() leaves the sockets.
    admin::Answer begin();
    /// Whether another process is in charge.
    bool is_replaced() const noexcept { return is_replaced_.load(); }

    // The end, on the thread that stops the server.
    /// In the place of a drain where another process is in charge. Trunks stay for as long as visitors may need them: a
    /// kept connection of HTTP has one more request.
    void begin_drain();
    /// Called again and again while visitors finish: as soon as no connection of HTTP can bring another request, trunks
    /// drain.
    void drain_idle();
    /// Before a drain where somebody keeps the sockets: visitors that arrive wait in the kernel for the next process,
    /// and those that were accepted before are served.
    void leave_newcomers();
    /// Public ports are closed without a change to their sockets, if somebody keeps these.
    void leave_kept_ports();
    bool keeps_sockets() const noexcept { return keeps_sockets_.load(); }

private:
    std::vector<runtime::NamedSocket> sockets() const;
    void leave_sockets();

    const Needs needs_;
    std::atomic<bool> is_replaced_{false};
    std::atomic<bool> keeps_sockets_{false};                 // somebody has copies, for the next process
    std::chrono::steady_clock::time_point check_idle_at_{};  // the thread's that stops
};

}  // namespace ferrotunnel::detail
