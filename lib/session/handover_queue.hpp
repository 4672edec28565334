// Services that wait to replace those of another client (docs/architecture/handover.md): they are claimed, and opened
// when that client is replaced, or has ended by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/timer.hpp"
#include "session/service_replies.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker.
class HandoverQueue {
public:
    struct Needs {
        const SessionContext& at;
        const SessionExecutor& executor;
        ServiceTable& table;
        const ServiceKinds& kinds;
        ServiceReplies& replies;
        std::function<bool()> is_over;  // the session ends, or a fresh session of the client requests everything
    };

    explicit HandoverQueue(Needs needs) : needs_(std::move(needs)) {}

    /// Whether another client still serves a service that is claimed.
    bool must_wait(const SessionService& service) const;
    /// Makes the service wait. Its client learns where visitors will find it.
    void wait(std::uint32_t request, SessionService& service, ServicePlace place);
    /// Opens every waiting service that replaces one of `owners`, which lose theirs.
    void open_all(const std::vector<directory::ClientId>& owners);
    /// Opens nothing from now on except by open_all().
    void stop() noexcept;

private:
    void check_waiting();
    void open(SessionService& service, const std::vector<directory::ClientId>& owners);

    const Needs needs_;
    std::unique_ptr<runtime::Timer> timer_;
    bool stopped_ = false;
};

}  // namespace ferrotunnel::session
