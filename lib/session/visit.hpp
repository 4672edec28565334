// A visitor whom plugins have been asked about. It hangs on the visitor while that looks for a trunk, then on its pump;
// when the last of them lets it go, the plugins are told how the visit has ended.
#pragma once

#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "hooks/session_run.hpp"
#include "session/counted_traffic.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::session {

struct Visit {
    Visit(std::unique_ptr<hooks::SessionRun> run_in, TimePoint began_in) noexcept
        : run(std::move(run_in)), began(began_in) {}
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() {
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
    bool served = false;                    // it has a stream
    std::shared_ptr<trunk::Traffic> moved;  // of the trunk that has tried last
};

/// The visit of a visitor, which carries it as `visit`; null: there is none.
inline Visit* visit_of(const std::shared_ptr<void>& visit) noexcept {
    return static_cast<Visit*>(visit.get());
}

/// The visitor has a stream.
inline void set_served(const std::shared_ptr<void>& visit) noexcept {
    if (visit) {
        visit_of(visit)->served = true;
    }
}

/// What a visitor's pump counts in: `traffic`, and the visit if there is one, which then lives as long as the result.
inline std::shared_ptr<trunk::Traffic> traffic_of_visit(const std::shared_ptr<void>& visit,
                                                        std::shared_ptr<trunk::Traffic> traffic) {
    if (!visit) {
        return traffic;
    }
    auto moved = std::make_shared<trunk::Traffic>();
    moved->total = std::move(traffic);
    visit_of(visit)->moved = moved;
    using Both = std::pair<std::shared_ptr<trunk::Traffic>, std::shared_ptr<void>>;
    trunk::Traffic* const counted = moved.get();
    return {std::make_shared<Both>(std::move(moved), visit), counted};
}

/// The same for a visitor of whatever kind, with all that counts it.
template <typename AnyVisitor>
std::shared_ptr<trunk::Traffic> traffic_of_visitor(const AnyVisitor& visitor, std::shared_ptr<trunk::Traffic> traffic) {
    return counted_with(counted_with(traffic_of_visit(visitor.visit, std::move(traffic)), visitor.of_token),
                        visitor.of_member);
}

}  // namespace ferrotunnel::session
