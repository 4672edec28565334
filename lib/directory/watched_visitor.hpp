// A visitor that plugins have decided on. It belongs to the visitor on its way to a trunk, then to the visitor's pump;
// when the last reference is released, the plugins are notified of the visit's end.
#pragma once

#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "hooks/session_run.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::directory {

struct WatchedVisitor {
    WatchedVisitor(std::unique_ptr<hooks::SessionRun> run_in, TimePoint began_in) noexcept
        : run(std::move(run_in)), began(began_in) {}
    WatchedVisitor(const WatchedVisitor&) = delete;
    WatchedVisitor& operator=(const WatchedVisitor&) = delete;
    ~WatchedVisitor() {
        hooks::VisitOutcome outcome;
        outcome.duration = Clock::now() - began;
        if (refused) {
            outcome.end = hooks::VisitOutcome::End::refused;
        } else if (served) {
            outcome.end = hooks::VisitOutcome::End::served;
            outcome.received_bytes = moved->from_sockets.load();
            outcome.sent_bytes = moved->to_sockets.load();
        }
        run->close(outcome);
    }

    const std::unique_ptr<hooks::SessionRun> run;
    const TimePoint began;
    bool refused = false;
    bool served = false;                 // the visitor has a stream
    IntrusivePtr<trunk::Traffic> moved;  // of the trunk that has tried last
};

}  // namespace ferrotunnel::directory
