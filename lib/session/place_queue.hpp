// Services that wait for the place of another client (docs/architecture/handover.md): they are claimed, and opened when
// that client is replaced, or has gone by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/timer.hpp"
#include "session/service_replies.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker.
class PlaceQueue {
public:
    struct Needs {
        const SessionContext& at;
        const SessionExecutor& executor;
        ServiceTable& table;
        const ServiceKinds& kinds;
        ServiceReplies& replies;
        std::function<bool()> is_over;  // the session ends, or a fresh one of the client asks for all of it
    };

    explicit PlaceQueue(Needs needs) : needs_(std::move(needs)) {}

    /// Whether another client has the place of a service that is claimed.
    bool must_wait(const SessionService& service) const;
    /// Makes the service wait. Its client learns where visitors will find it.
    void wait(std::uint32_t request, SessionService& service, ServicePlace place);
    /// Opens everything in the place of `owners`, who lose what it asks for.
    void open_all(const std::vector<directory::ClientId>& owners);
    /// Nothing is opened from now on unless open_all() says so.
    void stop() noexcept;

private:
    void check_waiting();
    void open(SessionService& service, const std::vector<directory::ClientId>& owners);

    const Needs needs_;
    std::unique_ptr<runtime::Timer> timer_;
    bool stopped_ = false;
};

}  // namespace ferrotunnel::session
