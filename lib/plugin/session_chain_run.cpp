// The order of a question's steps. session_chain_run_queries.cpp has what hooks read and do.
#include "plugin/session_chain_run.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

using hooks::SessionPhase;
using hooks::Step;

namespace {

/// The approximate memory of a waiting call, without the subject's bytes, which stay in the kernel.
constexpr std::size_t held_by_question = 512;

auto hook_of(const ft_type& type, SessionPhase phase) noexcept {
    switch (phase) {
        case SessionPhase::login:
            return type.on_login;
        case SessionPhase::registration:
            return type.on_register;
        case SessionPhase::connect:
            break;
    }
    return type.on_connect;
}

std::uint32_t number_of(hooks::VisitOutcome::End end) noexcept {
    switch (end) {
        case hooks::VisitOutcome::End::refused:
            return FT_VISIT_REFUSED;
        case hooks::VisitOutcome::End::served:
            return FT_VISIT_SERVED;
        case hooks::VisitOutcome::End::unserved:
            break;
    }
    return FT_VISIT_UNSERVED;
}

}  // namespace

bool has_hook(const ft_type& type, SessionPhase phase) noexcept {
    return hook_of(type, phase) != nullptr || (phase == SessionPhase::connect && type.on_visit_close != nullptr);
}

SessionChainRun::SessionChainRun(IntrusivePtr<WorkerChain> chain, SessionPhase phase, hooks::Subject subject,
                                 hooks::SessionRunOwner& owner)
    : chain_(chain),
      phase_(phase),
      subject_(std::move(subject)),
      owner_(owner),
      wait_(std::move(chain), subject_.client->token, held_by_question, *this) {}

SessionChainRun::~SessionChainRun() {
    wait_.stop();
}

const Instance& SessionChainRun::instance(std::size_t i) const noexcept {
    return *chain_->chain->instances[i];
}

std::size_t SessionChainRun::instances() const noexcept {
    return chain_->chain->instances.size();
}

HookKind SessionChainRun::hook_kind() const noexcept {
    switch (phase_) {
        case SessionPhase::login:
            return HookKind::login;
        case SessionPhase::registration:
            return HookKind::registration;
        case SessionPhase::connect:
            break;
    }
    return HookKind::connect;
}

Step SessionChainRun::ask(TimePoint now) noexcept {
    check_here(*chain_->mailbox);
    for (; next_ < instances(); ++next_) {
        if (!was_called(next_)) {
            continue;
        }
        asked_ |= bit_of(next_);
        if (const std::optional<Step> step = call_hook(next_, now)) {
            return *step;
        }
    }
    return Step::go_on;
}

// Hosts, paths and conditions apply to requests: an instance with any of them is only for requests. An instance for
// some services is not called for logins.
bool SessionChainRun::was_called(std::size_t i) const noexcept {
    const Scope& scope = instance(i).scope();
    if (instance(i).when() != nullptr || !scope.hosts.empty() || !scope.paths.empty()) {
        return false;
    }
    return scope.services.empty() || (subject_.service && scope.has_service(subject_.service->name));
}

// Calls one instance, or applies the decision that it owed. Empty if it lets the subject pass.
std::optional<Step> SessionChainRun::call_hook(std::size_t i, TimePoint now) noexcept {
    const Instance& asked = instance(i);
    if (wait_.is_pending()) {
        return Step::wait;
    }
    const bool begins = !wait_.is_over();
    if (begins && hook_of(asked.calls(), phase_) == nullptr) {
        asked_ &= asked.is_off() ? ~bit_of(i) : ~InstanceSet{0};
        return std::nullopt;
    }
    if (wait_.take_expired()) {
        asked.count(Count::late);
        return failed(asked, "it did not decide in time");
    }
    if (asked.is_off()) {
        if (begins) {
            asked_ &= ~bit_of(i);  // without this hook it gets no close
            notes_before_ = notes_.size();
            amendments_before_ = std::move(amendments_);  // failed() restores them
        }
        wait_.stop();
        return failed(asked, {});
    }
    if (begins) {
        asked.count(Count::asked);
    }
    ft_decision decision = FT_FAILED;
    chain_->timed(asked, hook_kind(), [&] {
        if (begins) {
            notes_before_ = notes_.size();
            amendments_before_ = amendments_;
        }
        current_ = i;
        decision = call(asked);
    });
    current_ = none;
    return decided(asked, decision, now);
}

ft_decision SessionChainRun::call(const Instance& asked) {
    if (!wait_.is_over()) {
        return hook_of(asked.calls(), phase_)(asked.object(), this);
    }
    const Continuation then = wait_.take_continuation();
    const struct Freed {
        const Continuation& then;
        ~Freed() { then.free_context(); }
    } freed{then};
    return then.decide(static_cast<ft_subject*>(this));
}

std::optional<Step> SessionChainRun::decided(const Instance& asked, ft_decision decision, TimePoint now) noexcept {
    const bool has_refusal = std::exchange(has_refusal_, false);
    if (decision != FT_LATER) {
        wait_.withdraw();
    }
    if (decision == FT_GO_ON) {
        wait_.renew_time();
        return std::nullopt;
    }
    if (decision == FT_ANSWERED && has_refusal) {
        wait_.renew_time();
        asked.count(Count::answered);
        if (asked.observes()) {
            asked.log_observed(phase_name(), address(), refusal_.words);
            return std::nullopt;
        }
        return Step::answer;
    }
    if (decision == FT_LATER && wait_.begin(now)) {
        asked.count(Count::waits);
        return Step::wait;
    }
    return failed(asked, decision == FT_LATER      ? FailureReason::get_or("it waits without a handle")
                         : decision == FT_ANSWERED ? FailureReason::get_or("it refused without a reason")
                                                   : reason_of(decision));
}

// Takes back what the instance did; its failure policy decides the rest.
std::optional<Step> SessionChainRun::failed(const Instance& asked, std::string_view why) noexcept {
    current_ = none;
    wait_.withdraw();
    wait_.renew_time();
    notes_.resize(std::min(notes_.size(), notes_before_));
    amendments_ = std::move(amendments_before_);
    asked.log_failure(phase_name(), address(), why);  // no reason: the instance is switched off, which is logged
                                                      // already
    if (asked.observes() || !asked.fails_closed()) {
        return std::nullopt;
    }
    refusal_ = {{}, asked.id(), true};
    return Step::answer;
}

hooks::Amendments SessionChainRun::take_amendments() {
    hooks::Amendments amendments = std::move(amendments_);
    if (notes_.empty()) {
        amendments.notes = subject_.notes;
        return amendments;
    }
    auto notes = std::make_shared<hooks::Notes>();
    if (subject_.notes) {
        *notes = *subject_.notes;
    }
    notes->insert(notes->end(), notes_.begin(), notes_.end());
    amendments.notes = std::move(notes);
    return amendments;
}

void SessionChainRun::close(const hooks::VisitOutcome& outcome) noexcept {
    wait_.stop();
    closing_ = true;
    ft_visit_outcome told{};
    told.size = sizeof(told);
    told.end = number_of(outcome.end);
    told.received_bytes = outcome.received_bytes;
    told.sent_bytes = outcome.sent_bytes;
    told.duration_ns =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(outcome.duration).count());
    HookTimer watch;  // the visit may end on another worker than its hooks ran on
    for (std::size_t i = 0; i < instances(); ++i) {
        if ((asked_ & bit_of(i)) != 0 && instance(i).calls().on_visit_close != nullptr) {
            current_ = i;
            timed(watch, instance(i), HookKind::visit_close,
                  [&] { instance(i).calls().on_visit_close(instance(i).object(), this, &told); });
        }
    }
    current_ = none;
}

}  // namespace ferrotunnel::plugin
