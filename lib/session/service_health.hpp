// A client's health reports about the backends of its services: an unhealthy service gets no new visitors on this
// trunk.
#pragma once

#include <memory>

#include "runtime/timer.hpp"
#include "session/service_table.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker. Reports that arrive faster than limits::health_rate wait; the last one counts.
class ServiceHealth {
public:
    struct Needs {
        const SessionContext& at;
        const SessionExecutor& executor;
        ServiceTable& table;
        const ServiceKinds& kinds;
        SharedView& view;
    };

    explicit ServiceHealth(Needs needs) : needs_(std::move(needs)) {}

    /// Reports about unknown services are ignored: the answer to a registration, or a refusal, may have crossed them.
    void on_report(const wire::Health& report);
    /// The session ends.
    void stop() noexcept { timer_.reset(); }

private:
    bool apply(SessionService& service);
    void apply_all();
    void set(SessionService& service, const wire::Health& report);

    const Needs needs_;
    std::unique_ptr<runtime::Timer> timer_;  // set while a report waits
};

}  // namespace ferrotunnel::session
