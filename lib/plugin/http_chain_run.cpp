#include "plugin/http_chain_run.hpp"

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include "buffer/spare_memory.hpp"
#include "plugin/failure_reason.hpp"

namespace ferrotunnel::plugin {

using hooks::Step;
using Entry = InstanceSelection::Entry;

HttpChainRun::HttpChainRun(IntrusivePtr<WorkerChain> chain, const http::RequestHead& head,
                           const hooks::RequestInfo& info, InScope scope, hooks::RunOwner& owner)
    : chain_(std::move(chain)),
      owner_(owner),
      info_(info),
      context_{*chain_, info_, position_},
      heads_(context_, head, texts_),
      notes_(info.notes, texts_),
      selection_(context_, heads_, notes_, scope, head.body),
      wait_(chain_, info_.token, heads_.bytes(), *this),
      bodies_(context_),
      collection_(context_, head.body),
      exchange_({context_, heads_, notes_, selection_, bodies_, collection_, reply_, states_, wait_, owner_}) {
    info_.visitor = *texts_.keep(info.visitor);
}

void* HttpChainRun::operator new(std::size_t) {
    return buffer::SpareMemory<buffer::spare_bytes_for<HttpChainRun>>::take();
}

void HttpChainRun::operator delete(void* memory) noexcept {
    buffer::SpareMemory<buffer::spare_bytes_for<HttpChainRun>>::keep(memory);
}

// --- the order of instances ---

Step HttpChainRun::request(TimePoint now) noexcept {
    position_.phase = RunPhase::request;
    follows_hook_ = false;
    if (!selection_.is_clear()) {
        return refuse_path(Entry::unclear);
    }
    for (; next_ < context_.instances(); ++next_) {
        const Entry entry = selection_.enter(next_);
        if (entry == Entry::skipped) {
            continue;
        }
        if (entry != Entry::enters) {
            return refuse_path(entry);
        }
        reached_ = next_ + 1;
        if (const std::optional<Step> step = call_hook(next_, now)) {
            return *step;
        }
    }
    wait_.renew_time();
    return Step::go_on;
}

Step HttpChainRun::response(const hooks::AnswerView& answer, TimePoint now) noexcept {
    position_.phase = RunPhase::response;
    position_.answer = answer;
    follows_hook_ = false;
    for (; next_ > 0; --next_) {
        if (!selection_.has_entered(next_ - 1)) {
            continue;
        }
        if (const std::optional<Step> step = call_hook(next_ - 1, now)) {
            next_ -= *step == Step::answer ? 1 : 0;  // the remaining instances see the new response
            return *step;
        }
    }
    bodies_.weaken_etag(heads_);
    return Step::go_on;
}

HookKind HttpChainRun::hook_kind() const noexcept {
    return position_.phase == RunPhase::request ? HookKind::request : HookKind::response;
}

// Calls one instance, or applies the decision that it owed. Empty if it lets the exchange pass.
std::optional<Step> HttpChainRun::call_hook(std::size_t i, TimePoint now) noexcept {
    const Instance& asked = instance(i);
    if (wait_.is_pending()) {
        return Step::wait;
    }
    if (collection_.awaits_body()) {
        return Step::collect;
    }
    if (is_first_call()) {
        collection_.begin_hook();
        const bool is_request = position_.phase == RunPhase::request;
        if ((is_request ? asked.calls().on_request : asked.calls().on_response) == nullptr) {
            if (is_request && asked.is_off()) {
                selection_.leave(i);
            }
            return std::nullopt;
        }
        mark_ = {heads_.mark(), notes_.size(), bodies_.mark()};
    }
    if (wait_.take_expired()) {
        asked.count(Count::late);
        return failed(asked, "it did not decide in time");
    }
    if (asked.is_off()) {
        return bypass(i);
    }
    if (collection_.is_collecting() && !collection_.fits()) {
        return body_refused(asked);
    }
    if (is_first_call()) {
        asked.count(Count::asked);
    }
    position_.current = i;
    ft_decision decision = FT_FAILED;
    chain_->timed(
        asked, hook_kind(), [&] { decision = call(asked); }, follows_hook_);
    position_.current = RunPosition::none;
    // Any other decision may run code of the plugin or of the log, whose time must not count for the next hook.
    follows_hook_ = decision == FT_GO_ON && !collection_.has_callback();
    return decided(i, decision, now);
}

// The failure policy answers for an instance that is switched off. An instance without this hook call gets no later
// ones.
std::optional<Step> HttpChainRun::bypass(std::size_t i) noexcept {
    if (position_.phase == RunPhase::request && is_first_call()) {
        selection_.leave(i);
    }
    stop_waiting();
    follows_hook_ = false;
    return failed(instance(i), {});
}

ft_decision HttpChainRun::call(const Instance& asked) {
    if (collection_.is_collecting()) {
        return collection_.decide(&exchange_);
    }
    if (!wait_.is_over()) {
        const bool is_request = position_.phase == RunPhase::request;
        const auto hook = is_request ? asked.calls().on_request : asked.calls().on_response;
        return hook(asked.object(), &exchange_);
    }
    const Continuation then = wait_.take_continuation();
    const struct Freed {
        const Continuation& then;
        ~Freed() { then.free_context(); }
    } freed{then};
    return then.decide(&exchange_);
}

// --- what a decision means ---

std::optional<Step> HttpChainRun::decided(std::size_t i, ft_decision decision, TimePoint now) noexcept {
    const Instance& asked = instance(i);
    const bool has_reply = reply_.take_made();
    if (decision != FT_LATER) {
        wait_.withdraw();
    }
    if (decision == FT_COLLECT && collection_.has_callback()) {
        return decided_to_collect(i, now);
    }
    collection_.drop();
    if (decision == FT_GO_ON) {
        wait_.renew_time();  // the next instance has its own time
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
                         : decision == FT_COLLECT  ? "it waits for a body that it did not request"
                         : decision == FT_ANSWERED ? FailureReason::get_or("it answered without a response")
                                                   : reason_of(decision));
}

std::optional<Step> HttpChainRun::decided_to_collect(std::size_t i, TimePoint now) noexcept {
    const Instance& asked = instance(i);
    asked.count(Count::bodies);
    wait_.renew_time();  // the visitor's time does not count for the plugin
    if (asked.observes() && !collection_.is_whole()) {
        collect_copy(i);
        return std::nullopt;
    }
    collection_.begin();
    return call_hook(i, now);  // once: a decision on a body does not collect
}

// `reply_` is the response, unless the instance only observes.
std::optional<Step> HttpChainRun::answered(const Instance& asked) noexcept {
    asked.count(Count::answered);
    if (asked.observes()) {
        asked.log_observed(info_.id, reply_.take());
        return std::nullopt;
    }
    return Step::answer;
}

// Takes back what the instance did; its failure policy decides the rest. Without a reason nothing is logged.
std::optional<Step> HttpChainRun::failed(const Instance& asked, std::string_view why) noexcept {
    wait_.withdraw();
    roll_back();
    asked.log_failure(hook_kind(), info_.id, why);
    wait_.renew_time();  // the next instance has its own time
    if (asked.observes() || !asked.fails_closed()) {
        return std::nullopt;
    }
    // After the request the backend has already acted, so the response does not suggest a retry.
    hooks::Reply reply;
    reply.page =
        position_.phase == RunPhase::request ? http::PageState::plugin_failed : http::PageState::internal_error;
    reply.code = "plugin_failed";
    reply_.set(std::move(reply));
    return Step::answer;
}

// A visitor that sends too much gets a response that says so. A response that cannot be collected is not the visitor's
// fault: the plugin's failure policy decides.
std::optional<Step> HttpChainRun::body_refused(const Instance& asked) noexcept {
    const std::string_view failure = collection_.failure();
    collection_.drop();
    if (position_.phase != RunPhase::request || !failure.empty()) {
        return failed(asked, failure.empty() ? "the body is larger than it accepts" : failure);
    }
    hooks::Reply reply;
    reply.page = http::PageState::body_too_large;
    reply.why = "the body of the request is larger than the plugin " + asked.id() + " accepts";
    reply_.set(std::move(reply));
    return asked.observes() ? answered(asked) : Step::answer;
}

Step HttpChainRun::refuse_path(Entry entry) noexcept {
    wait_.renew_time();
    reply_.set(selection_.refusal(entry));
    return Step::answer;
}

void HttpChainRun::roll_back() noexcept {
    heads_.roll_back(mark_.heads);
    notes_.roll_back(mark_.notes);
    bodies_.roll_back(mark_.bodies);
}

void HttpChainRun::stop_waiting() noexcept {
    wait_.stop();
    collection_.drop();
}

void HttpChainRun::drop_answer() noexcept {
    stop_waiting();
    heads_.drop_response_changes();
    bodies_.drop_response();
    collection_.drop_response();
    (void)reply_.take_made();
}

// --- instances that observe ---

// Copies the request's body as it passes. A response's body is only counted: a decision on it needs the response's
// head, which has been sent by then.
void HttpChainRun::collect_copy(std::size_t i) noexcept {
    const bool is_request = position_.phase == RunPhase::request;
    instance(i).log_change(info_.id, is_request ? "request body" : "response body", "collected");
    if (!is_request) {
        collection_.drop();
        return;
    }
    try {
        ObservedBody::Judge& judge = *this;
        auto observed = std::make_unique<ObservedBody>(judge, chain_->collected(), i, collection_);
        if (bodies_.observe_request(instance(i), ObservedBody::shows, observed.get(), ObservedBody::release)) {
            (void)observed.release();  // the filter chain owns it
            return;
        }
    } catch (const std::exception&) {  // no memory
        collection_.drop();
    }
    instance(i).log_failure(HookKind::body, info_.id, "there is no room to observe the body");
}

void HttpChainRun::on_observed_too_large(std::size_t i) noexcept {
    hooks::Reply reply;
    reply.page = http::PageState::body_too_large;
    reply_.set(std::move(reply));
    (void)answered(instance(i));
}

// The decision that would be made on the whole body. The request's hooks have ended, and its head may have been sent:
// no edit would be applied, and nothing waits.
ft_decision HttpChainRun::on_observed(std::size_t i, const CollectCallback& callback, std::string_view body) noexcept {
    const RunPhase phase = std::exchange(position_.phase, RunPhase::none);
    const std::size_t before = std::exchange(position_.current, i);
    const ft_decision decision = callback.then(&exchange_, callback.user, {body.data(), body.size()});
    position_.current = before;
    position_.phase = phase;
    if (reply_.take_made() && decision == FT_ANSWERED) {
        (void)answered(instance(i));
        return FT_GO_ON;
    }
    return decision == FT_GO_ON ? FT_GO_ON : FT_FAILED;
}

// --- the end ---

void HttpChainRun::close(const hooks::Outcome& outcome) noexcept {
    stop_waiting();
    position_.phase = RunPhase::close;
    position_.closing_status = outcome.status;
    ft_outcome told{};
    told.size = sizeof(told);
    told.status = outcome.status;
    told.complete = outcome.complete ? 1 : 0;
    told.request_bytes = outcome.request_bytes;
    told.response_bytes = outcome.response_bytes;
    told.duration_ns =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(outcome.duration).count());
    for (std::size_t i = 0; i < reached_; ++i) {
        if (selection_.has_entered(i) && instance(i).calls().on_close != nullptr) {
            position_.current = i;
            chain_->timed(instance(i), HookKind::close,
                          [&] { instance(i).calls().on_close(instance(i).object(), &exchange_, &told); });
        }
    }
    position_.current = RunPosition::none;
}

}  // namespace ferrotunnel::plugin
