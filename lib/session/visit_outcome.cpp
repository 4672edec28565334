#include "session/visit_outcome.hpp"

#include <utility>

namespace ferrotunnel::session {
namespace {

void failed(const VisitPlan& plan, const std::string& why, const std::string& from, TimePoint now, Logger& log) {
    plan.record->failed(why);
    static constexpr LogCategory failures{"visits_failed", limits::client_lines_per_second};
    if (log.may_write(LogLevel::warn, failures, now)) {
        log.warn("a visit failed", {{"service", plan.text()}, {"visitor", from}, {"why", why}});
    }
}

}  // namespace

std::function<void(const std::string& why)> outcome_of(std::shared_ptr<const VisitPlan> plan,
                                                       const runtime::SocketAddress& from, runtime::Worker& worker,
                                                       Logger& log) {
    return [plan, open = plan->record->begin(), from, &worker, &log](const std::string& why) {
        if (!why.empty()) {
            failed(*plan, why, from.text(), worker.now(), log);
        }  // otherwise the key was proved
    };
}

void log_rejected_visit(const VisitPlan& plan, const std::string& why, const runtime::SocketAddress& from,
                        runtime::Worker& worker, Logger& log) {
    (void)plan.record->begin();
    failed(plan, why, from.text(), worker.now(), log);
}

}  // namespace ferrotunnel::session
