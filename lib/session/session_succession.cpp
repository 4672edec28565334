#include "session/session_succession.hpp"

#include <atomic>
#include <memory>
#include <utility>

#include "session/limits.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::session {

using wire::Code;

// --- a fresh session of the same client ---

void SessionSuccession::rotate(std::string_view why) {
    if (std::exchange(rotating_, true)) {
        return;
    }
    needs_.trunk->session().announce(Code::rotated, why);
    needs_.trunk->session_changed();
    needs_.at.shared->log->info("a session rotates", {{"session", needs_.at.facts.agreement.session}, {"why", why}});
}

// This session continues until the fresh one has registered its services.
void SessionSuccession::yield() {
    if (std::exchange(yielding_, true)) {
        return;
    }
    needs_.yields();
    needs_.table.set_retired();
    needs_.table.yield_all();
    // Services that the successor does not request are closed a little later.
    yield_timer_ = std::make_unique<runtime::Timer>(needs_.at.worker, [this] { end_yielding(); });
    yield_timer_->set_after(needs_.at.shared->handshake_deadline);
    check_yielded();
}

void SessionSuccession::check_yielded() {
    if (yield_timer_ && needs_.table.is_idle()) {
        end_yielding();
    }
}

void SessionSuccession::end_yielding() {
    yield_timer_.reset();
    needs_.drains();
}

// --- this client replaces others ---

void SessionSuccession::begin_handover() {
    const SessionFacts& facts = needs_.at.facts;
    if ((facts.agreement.features & wire::feature::handover) == 0 ||
        !handover_rate_.take(limits::handovers_rate, needs_.at.worker.now())) {
        return;
    }
    const auto handover_plan =
        std::make_shared<const directory::Registry::HandoverPlan>(needs_.at.shared->registry->handover_plan(facts.key));
    // The address may be read on another thread, while a resume changes it on this one.
    const auto commit_handover =
        [shared = needs_.at.shared, handover_plan, by = facts.peer.text(),
         post = needs_.executor.bind([this](std::uint32_t clients) { report_handover(clients); })] {
            const auto predecessors = shared->registry->commit_handover(*handover_plan);
            for (const auto& predecessor : predecessors) {
                predecessor->on_replaced(by);
            }
            post(static_cast<std::uint32_t>(handover_plan->predecessors.size()));
        };
    // Counted in full before the first order, which may run at once.
    const auto waiting = std::make_shared<std::atomic<std::size_t>>(handover_plan->trunks.size());
    for (const auto& trunk : handover_plan->trunks) {
        trunk->handover_open(handover_plan->owners, [waiting, commit_handover] {
            if (--*waiting == 0) {
                commit_handover();
            }
        });
    }
}

void SessionSuccession::report_handover(std::uint32_t clients) {
    if (needs_.has_ended()) {
        return;
    }
    needs_.send(wire::encode_control(wire::TakenOver{clients}));
    static constexpr LogCategory lines{"take_overs", limits::client_lines_per_second};
    const login::Agreement& agreement = needs_.at.facts.agreement;
    Logger& log = *needs_.at.shared->log;
    if (clients != 0 && log.may_write(LogLevel::info, lines, needs_.at.worker.now())) {
        log.info("a client replaced others", {{"session", agreement.session},
                                              {"client", agreement.peer_name},
                                              {"identity", agreement.peer_identity},
                                              {"others", clients}});
    }
}

// --- another client replaces this one ---

// Visitors in flight to it still arrive, and so do requests that were sent to it before it was replaced.
void SessionSuccession::on_replaced(const std::string& by) {
    if (std::exchange(replaced_, true)) {
        return;
    }
    needs_.is_replaced();
    needs_.table.set_retired();
    leave_timer_ = std::make_unique<runtime::Timer>(needs_.at.worker, [this, by] { handover_finish(by); });
    leave_timer_->set_after(limits::replaced_grace);
}

// The client drains, as if it were stopped.
void SessionSuccession::handover_finish(const std::string& by) {
    const std::string from = by.empty() ? std::string() : ", from " + by;
    needs_.send(
        wire::encode_control(wire::Replaced{"Another client with the same identity replaced this one" + from + "."}));
    needs_.table.close_all();
}

void SessionSuccession::stop() noexcept {
    yield_timer_.reset();
    leave_timer_.reset();
}

}  // namespace ferrotunnel::session
