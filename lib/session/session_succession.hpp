// Replacement of a session: by a fresh session or another client, or of others by this one.
//
//   rotate:     announced --a fresh session of the client logs in--> yields --it has the services, or time passes-->
//               drains
//   replaced:   another client replaces this one (docs/architecture/handover.md) --a grace--> asked to leave
//   take over:  this client replaces others, whose trunks are notified
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/token_bucket.hpp"
#include "directory/registry.hpp"
#include "runtime/timer.hpp"
#include "session/service_table.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker.
class SessionSuccession {
public:
    struct Needs {
        const SessionContext& at;
        const SessionExecutor& executor;
        ServiceTable& table;
        const IntrusivePtr<trunk::Trunk>& trunk;                // of the session
        std::function<void(const wire::ControlPayload&)> send;  // to the client
        std::function<bool()> has_ended;
        std::function<void()> yields;       // the session yields: the registry removes it
        std::function<void()> drains;       // the session has nothing left to yield, and drains
        std::function<void()> is_replaced;  // the client was replaced, and may register no more services
    };

    explicit SessionSuccession(Needs needs) : needs_(std::move(needs)) {}

    /// Asks the client to open a fresh session. Until that has the same services, this one carries them.
    void rotate(std::string_view why);
    /// The fresh session has logged in. Ignored once the session yields.
    void yield();
    /// Drains if the fresh session has taken over all services.
    void check_yielded();
    /// The client wants to replace others with the same identity.
    void begin_handover();
    /// Another client, connected from `by`, has replaced this one.
    void on_replaced(const std::string& by);
    /// The session ends.
    void stop() noexcept;

    bool is_rotating() const noexcept { return rotating_; }
    bool is_replaced() const noexcept { return replaced_; }

private:
    void end_yielding();
    void report_handover(std::uint32_t clients);
    void handover_finish(const std::string& by);

    const Needs needs_;
    TokenBucket handover_rate_;
    std::unique_ptr<runtime::Timer> yield_timer_;
    std::unique_ptr<runtime::Timer> leave_timer_;
    bool rotating_ = false;
    bool yielding_ = false;
    bool replaced_ = false;
};

}  // namespace ferrotunnel::session
