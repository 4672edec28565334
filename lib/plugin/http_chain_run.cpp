// The order of things in a run. http_chain_run_scope.cpp has whom it asks, http_chain_run_asked.cpp what hooks ask and
// do.
#include "plugin/http_chain_run.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "buffer/spare_memory.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

using hooks::Step;

HttpChainRun::HttpChainRun(IntrusivePtr<WorkerChain> chain, const http::RequestHead& head,
                           const hooks::RequestInfo& info, InScope scope, hooks::RunOwner& owner)
    : chain_(std::move(chain)),
      head_(head),
      info_(info),
      scope_(scope),
      body_size_(head.body.kind == http::BodyKind::length ? static_cast<std::int64_t>(head.body.length) : 0),
      owner_(owner),
      wait_(chain_, head_.bytes(), *this),
      bodies_{{{CollectedBody(chain_->collected())}, {CollectedBody(chain_->collected())}}} {
    info_.visitor = *keep(info.visitor);
    bodies_[FT_REQUEST].is_whole =
        head.body.kind == http::BodyKind::none || (head.body.kind == http::BodyKind::length && head.body.length == 0);
}

HttpChainRun::~HttpChainRun() {
    stop_waiting();
    for (const State& each : states_) {
        if (each.release != nullptr) {
            each.release(each.state);
        }
    }
}

void* HttpChainRun::operator new(std::size_t) {
    return buffer::SpareMemory<buffer::spare_bytes_for<HttpChainRun>>::take();
}

void HttpChainRun::operator delete(void* memory) noexcept {
    buffer::SpareMemory<buffer::spare_bytes_for<HttpChainRun>>::keep(memory);
}

const Instance& HttpChainRun::instance(std::size_t i) const noexcept {
    return *chain_->chain->instances[i];
}

std::size_t HttpChainRun::instances() const noexcept {
    return chain_->chain->instances.size();
}

// Whether the hook that runs is of a plugin that a client has asked for.
bool HttpChainRun::runs_clients() const noexcept {
    return current_ != none && current_ >= chain_->chain->asked_from;
}

Step HttpChainRun::request(TimePoint now) noexcept {
    phase_ = Phase::request;
    follows_hook_ = false;
    if (scope_.outcome != ScopeOutcome::found) {
        return refuse_path(Entry::unclear);
    }
    for (; next_ < instances(); ++next_) {
        const Entry entry = enter(next_);
        if (entry == Entry::skipped) {
            continue;
        }
        if (entry != Entry::enters) {
            return refuse_path(entry);
        }
        reached_ = next_ + 1;
        if (const std::optional<Step> step = ask(next_, now)) {
            return *step;
        }
    }
    wait_.renew_time();
    return Step::go_on;
}

Step HttpChainRun::response(const hooks::AnswerView& answer, TimePoint now) noexcept {
    phase_ = Phase::response;
    follows_hook_ = false;
    answer_ = answer;
    for (; next_ > 0; --next_) {
        if (!has_entered(next_ - 1)) {
            continue;
        }
        if (const std::optional<Step> step = ask(next_ - 1, now)) {
            next_ -= *step == Step::answer ? 1 : 0;  // those that are left see the new answer
            return *step;
        }
    }
    weaken_etag();
    return Step::go_on;
}

// Asks one instance, or takes the decision that it owed. Nothing: it lets the exchange pass.
std::optional<Step> HttpChainRun::ask(std::size_t i, TimePoint now) noexcept {
    const Instance& asked = instance(i);
    if (wait_.is_pending()) {
        return Step::wait;
    }
    if (awaits_body()) {
        return Step::collect;
    }
    if (!wait_.is_over() && !is_collecting_) {
        has_collected_ = false;
        const bool has_hook =
            phase_ == Phase::request ? asked.calls().on_request != nullptr : asked.calls().on_response != nullptr;
        if (!has_hook) {
            if (phase_ == Phase::request && asked.is_off()) {
                entered_ &= ~bit_of(i);
            }
            return std::nullopt;
        }
        mark_ = {request_log_.size(),
                 response_log_.size(),
                 notes_.size(),
                 stages(FT_REQUEST),
                 stages(FT_RESPONSE),
                 path_,
                 query_};
    }
    if (wait_.take_expired()) {
        asked.count(Count::late);
        return failed(asked, "it has not decided in time");
    }
    if (asked.is_off()) {
        return passed_over(i);
    }
    if (is_collecting_ && !has_body_for_hook()) {
        return body_refused(asked);
    }
    if (!wait_.is_over() && !is_collecting_) {
        asked.count(Count::asked);
    }
    current_ = i;
    ft_decision decision = FT_FAILED;
    const HookKind kind = phase_ == Phase::request ? HookKind::request : HookKind::response;
    chain_->timed(
        asked, kind, [&] { decision = call(asked); }, follows_hook_);
    current_ = none;
    // Whatever else a decision brings about may run code of the plugin or of the log: that is not the next one's time.
    follows_hook_ = decision == FT_GO_ON && !collects_;
    return decided(i, decision, now);
}

// The failure policy answers for an instance that was switched off. A hook that it did not get is not followed by
// others.
std::optional<Step> HttpChainRun::passed_over(std::size_t i) noexcept {
    if (phase_ == Phase::request && !wait_.is_over() && !is_collecting_) {
        entered_ &= ~bit_of(i);
    }
    stop_waiting();
    follows_hook_ = false;
    return failed(instance(i), {});
}

ft_decision HttpChainRun::call(const Instance& asked) {
    if (is_collecting_) {
        return decide_on_body();
    }
    if (!wait_.is_over()) {
        const auto hook = phase_ == Phase::request ? asked.calls().on_request : asked.calls().on_response;
        return hook(asked.object(), this);
    }
    const Then then = wait_.take_then();
    const struct Freed {
        const Then& then;
        ~Freed() { then.free_context(); }
    } freed{then};
    return then.decide(this);
}

std::optional<Step> HttpChainRun::decided(std::size_t i, ft_decision decision, TimePoint now) noexcept {
    const Instance& asked = instance(i);
    const bool has_reply = std::exchange(has_reply_, false);
    if (decision != FT_LATER) {
        wait_.withdraw();
    }
    if (decision == FT_COLLECT && collects_) {
        asked.count(Count::bodies);
        wait_.renew_time();  // what the visitor takes is not the plugin's time
        if (asked.observes() && !body_of_phase().is_whole) {
            collect_beside(i);
            return std::nullopt;
        }
        is_collecting_ = true;
        return ask(i, now);  // once: what decides on a body collects nothing
    }
    drop_collects();
    if (decision == FT_GO_ON) {
        wait_.renew_time();  // whoever comes next has its own
        return std::nullopt;
    }
    if (decision == FT_ANSWERED && has_reply) {
        wait_.renew_time();
        return answered(asked);
    }
    if (decision == FT_LATER && wait_.begin(now)) {
        asked.count(Count::waits);
        return Step::wait;
    }
    return failed(asked, decision == FT_LATER      ? FailureReason::get_or("it waits without a handle")
                         : decision == FT_COLLECT  ? "it waits for a body that it has not asked for"
                         : decision == FT_ANSWERED ? FailureReason::get_or("it has answered without an answer")
                                                   : reason_of(decision));
}

// `reply_` is the answer, unless the instance only observes.
std::optional<Step> HttpChainRun::answered(const Instance& asked) noexcept {
    asked.count(Count::answered);
    if (asked.observes()) {
        asked.tell_observed(info_.id, std::exchange(reply_, {}));
        return std::nullopt;
    }
    return Step::answer;
}

// Takes back what the instance did. Its failure policy decides on the rest. Without a reason nothing is logged.
std::optional<Step> HttpChainRun::failed(const Instance& asked, std::string_view why) noexcept {
    wait_.withdraw();
    take_back(mark_);
    asked.tell_failure(phase_ == Phase::request ? HookKind::request : HookKind::response, info_.id, why);
    wait_.renew_time();  // whoever comes next has its own time
    if (asked.observes() || !asked.fails_closed()) {
        return std::nullopt;
    }
    // Behind the request the backend has done what it was asked: nobody is invited to try again.
    reply_ = {};
    reply_.page = phase_ == Phase::request ? http::PageState::plugin_failed : http::PageState::internal_error;
    reply_.code = "plugin_failed";
    return Step::answer;
}

void HttpChainRun::take_back(const Mark& mark) noexcept {
    request_log_.take_back(mark.request_changes);
    response_log_.take_back(mark.response_changes);
    notes_.resize(std::min(notes_.size(), mark.notes));
    take_back_stages(FT_REQUEST, mark.request_stages);
    take_back_stages(FT_RESPONSE, mark.response_stages);
    path_ = mark.path;
    query_ = mark.query;
}

void HttpChainRun::stop_waiting() noexcept {
    wait_.stop();
    drop_collects();
}

void HttpChainRun::drop_answer() noexcept {
    stop_waiting();
    response_log_.take_back(0);
    take_back_stages(FT_RESPONSE, 0);
    drop_collected(hooks::Side::response);
    bodies_[FT_RESPONSE].is_whole = false;
    has_strong_etag_ = false;
    has_reply_ = false;
}

// --- the end ---

void HttpChainRun::restore(http::RequestHead& head) const noexcept {
    head_.restore(head);
    if (!path_.empty()) {
        head.target.path = path_;
        head.target.query = query_;
    }
}

void HttpChainRun::close(const hooks::Outcome& outcome) noexcept {
    stop_waiting();
    phase_ = Phase::close;
    closing_status_ = outcome.status;
    ft_outcome told{};
    told.size = sizeof(told);
    told.status = outcome.status;
    told.complete = outcome.complete ? 1 : 0;
    told.request_bytes = outcome.request_bytes;
    told.response_bytes = outcome.response_bytes;
    told.duration_ns =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(outcome.duration).count());
    for (std::size_t i = 0; i < reached_; ++i) {
        if (has_entered(i) && instance(i).calls().on_close != nullptr) {
            current_ = i;
            chain_->timed(instance(i), HookKind::close,
                          [&] { instance(i).calls().on_close(instance(i).object(), this, &told); });
        }
    }
    current_ = none;
}

}  // namespace ferrotunnel::plugin
