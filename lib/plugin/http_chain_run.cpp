// The order of things in a run. http_chain_run_asked.cpp has what hooks ask and do.
#include "plugin/http_chain_run.hpp"

#include <algorithm>
#include <utility>

#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

using hooks::Step;

HttpChainRun::HttpChainRun(IntrusivePtr<WorkerChain> chain, const http::RequestHead& head,
                           const hooks::RequestInfo& info, hooks::RunOwner& owner)
    : chain_(std::move(chain)), head_(head), info_(info), owner_(owner) {
    info_.visitor = *keep(info.visitor);
}

HttpChainRun::~HttpChainRun() {
    stop_waiting();
    for (const State& each : states_) {
        if (each.release != nullptr) {
            each.release(each.state);
        }
    }
}

const Instance& HttpChainRun::instance(std::size_t i) const noexcept {
    return *chain_->chain->instances[i];
}

std::size_t HttpChainRun::instances() const noexcept {
    return chain_->chain->instances.size();
}

Step HttpChainRun::request(TimePoint now) noexcept {
    phase_ = Phase::request;
    for (; next_ < instances(); ++next_) {
        reached_ = next_ + 1;
        if (const std::optional<Step> step = ask(next_, now)) {
            return *step;
        }
    }
    hold_until_ = never;
    return Step::go_on;
}

Step HttpChainRun::response(const hooks::AnswerView& answer, TimePoint now) noexcept {
    phase_ = Phase::response;
    answer_ = answer;
    for (; next_ > 0; --next_) {
        if (const std::optional<Step> step = ask(next_ - 1, now)) {
            next_ -= *step == Step::answer ? 1 : 0;  // those that are left see the new answer
            return *step;
        }
    }
    return Step::go_on;
}

// Asks one instance, or takes the decision that it owed. Nothing: it lets the exchange pass.
std::optional<Step> HttpChainRun::ask(std::size_t i, TimePoint now) noexcept {
    const Instance& asked = instance(i);
    if (waits_ && !then_ && !expired_) {
        return Step::wait;
    }
    if (!waits_) {
        const bool has_hook =
            phase_ == Phase::request ? asked.calls().on_request != nullptr : asked.calls().on_response != nullptr;
        if (!has_hook) {
            return std::nullopt;
        }
        mark_ = {request_log_.size(), response_log_.size(), notes_.size(), path_, query_};
    }
    if (std::exchange(expired_, false)) {
        waits_ = false;
        return failed(asked, "it has not decided in time");
    }
    current_ = i;
    ft_decision decision = FT_FAILED;
    try {
        decision = call(asked);
    } catch (...) {  // no exception may leave a plugin; one that does is a failure all the same
    }
    current_ = none;
    return decided(i, decision, now);
}

ft_decision HttpChainRun::call(const Instance& asked) {
    if (!waits_) {
        const auto hook = phase_ == Phase::request ? asked.calls().on_request : asked.calls().on_response;
        return hook(asked.object(), this);
    }
    waits_ = false;
    const Then then = *std::exchange(then_, std::nullopt);
    const struct Freed {
        const Then& then;
        ~Freed() { then.free_context(); }
    } freed{then};
    return then.run != nullptr ? then.run(this, then.user) : FT_GO_ON;
}

std::optional<Step> HttpChainRun::decided(std::size_t i, ft_decision decision, TimePoint now) noexcept {
    const Instance& asked = instance(i);
    const bool has_reply = std::exchange(has_reply_, false);
    if (decision != FT_LATER || asked.observes()) {
        withdraw_ticket();
    }
    if (decision == FT_GO_ON) {
        return std::nullopt;
    }
    if (decision == FT_ANSWERED && has_reply) {
        if (asked.observes()) {
            asked.tell_observed(info_.id, reply_);
            return std::nullopt;
        }
        hold_until_ = never;
        return Step::answer;
    }
    if (decision == FT_LATER && asked.observes()) {
        return std::nullopt;
    }
    if (decision == FT_LATER && ticket_.ticket != nullptr) {
        waits_ = true;
        hold_until_ = std::min(hold_until_, now + chain_->waits.longest);
        wait_until_ = std::min(hold_until_, now + ticket_timeout_);
        return Step::wait;
    }
    return failed(asked, decision == FT_LATER      ? "it waits without a handle"
                         : decision == FT_ANSWERED ? "it has answered without an answer"
                                                   : "it has failed");
}

// Takes back what the instance did. Its failure policy decides on the rest.
std::optional<Step> HttpChainRun::failed(const Instance& asked, std::string_view why) noexcept {
    withdraw_ticket();
    request_log_.take_back(mark_.request_changes);
    response_log_.take_back(mark_.response_changes);
    notes_.resize(std::min(notes_.size(), mark_.notes));
    path_ = mark_.path;
    query_ = mark_.query;
    asked.tell_failure(info_.id, why);
    hold_until_ = never;  // whoever comes next has its own time
    if (asked.observes() || !asked.fails_closed()) {
        return std::nullopt;
    }
    // Behind the request the backend has done what it was asked: nobody is invited to try again.
    reply_ = {};
    reply_.page = phase_ == Phase::request ? http::PageState::plugin_failed : http::PageState::internal_error;
    reply_.code = "plugin_failed";
    return Step::answer;
}

// --- waiting ---

void HttpChainRun::on_ticket(const Then& then) noexcept {
    ticket_ = {};
    chain_->end_wait(waiting_instance_, head_.bytes());
    then_ = then;
    owner_.on_decision();
}

void HttpChainRun::expire() noexcept {
    if (waits_ && !then_) {
        withdraw_ticket();
        expired_ = true;
    }
}

void HttpChainRun::withdraw_ticket() noexcept {
    if (ticket_.ticket != nullptr) {
        Ticket::withdraw(std::exchange(ticket_, {}), *this);
        chain_->end_wait(waiting_instance_, head_.bytes());
    }
}

void HttpChainRun::stop_waiting() noexcept {
    withdraw_ticket();
    if (then_) {
        std::exchange(then_, std::nullopt)->free_context();
    }
    waits_ = expired_ = false;
    hold_until_ = never;
}

void HttpChainRun::drop_answer() noexcept {
    stop_waiting();
    response_log_.take_back(0);
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
        if (instance(i).calls().on_close != nullptr) {
            current_ = i;
            instance(i).calls().on_close(instance(i).object(), this, &told);
        }
    }
    current_ = none;
}

}  // namespace ferrotunnel::plugin
