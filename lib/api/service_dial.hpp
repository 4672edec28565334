// Server::async_open: opens a stream to a service through its tunnel, on the trunk with the fewest visitors; or at
// another member of the cluster, if no own client has the service.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "api/lifecycle.hpp"
#include "api/named_carriers.hpp"
#include "api/open_attempt.hpp"
#include "api/server_sessions.hpp"
#include "base/clock.hpp"
#include "ferrotunnel/server.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// Thread-safe. Holds no lock.
class ServiceDial {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        const ServerSessions& sessions;
        const session::ServerShared& shared;
        IntrusivePtr<OwnerLife> life;  // of the opened streams
        Duration open_deadline;        // sessions end unanswered opens by then
    };
    explicit ServiceDial(Needs needs) : needs_(std::move(needs)) {}
    ServiceDial(const ServiceDial&) = delete;
    ServiceDial& operator=(const ServiceDial&) = delete;

    /// Completes `attempt`, sooner or later, while the server runs.
    void start(const OpenTarget& target, std::shared_ptr<OpenAttempt> attempt);
    /// Before the server closes its sessions on purpose.
    void set_stopped() noexcept { needs_.life->set_stopped(); }

private:
    std::vector<Carrier> carriers_of(const OpenTarget& target);
    void dial(std::vector<Carrier> carriers, std::shared_ptr<OpenAttempt> attempt);
    session::RemoteOpener remote_of(const OpenTarget& target) const;
    void dial_remote(const session::RemoteOpener& open, std::shared_ptr<OpenAttempt> attempt);

    const Needs needs_;
    std::atomic<std::size_t> turn_{0};  // among trunks with equally few visitors
};

}  // namespace ferrotunnel::detail
