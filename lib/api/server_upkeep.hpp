// Periodic tasks of a Server, on its first worker: expiry of tokens, memory, unused passed sockets.
#pragma once

#include <memory>

#include "api/server_sessions.hpp"
#include "api/sink_logger.hpp"
#include "base/clock.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker_group.hpp"
#include "session/expiry_watch.hpp"
#include "session/server_shared.hpp"
#include "trunk/memory_governor.hpp"

namespace ferrotunnel::detail {

/// Its timers live on the first worker; the functions are called on any thread.
class ServerUpkeep {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        const ServerSessions& sessions;
    };
    explicit ServerUpkeep(Needs needs) : needs_(std::move(needs)) {}
    ServerUpkeep(const ServerUpkeep&) = delete;
    ServerUpkeep& operator=(const ServerUpkeep&) = delete;

    /// Closes passed sockets that are still unused when clients have had `hold` to reconnect.
    void start(Duration hold);
    /// Tokens may have expired, or their times have changed.
    void check_expiry();
    /// A token has begun to be used that expires then.
    void check_expiry_at(login::Rights::Moment expires);
    /// When no worker runs any more.
    void shut_down();

private:
    const Needs needs_;
    // Used on the first worker.
    std::unique_ptr<runtime::Timer> unused_timer_;
    std::unique_ptr<trunk::MemoryWatch> memory_;
    std::unique_ptr<session::ExpiryWatch> expiry_;
};

}  // namespace ferrotunnel::detail
