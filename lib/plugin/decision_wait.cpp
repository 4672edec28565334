#include "plugin/decision_wait.hpp"

#include "plugin/failure_reason.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace ferrotunnel::plugin {

DecisionWait::DecisionWait(IntrusivePtr<WorkerChain> chain, std::string_view token, std::size_t held_bytes,
                           Owner& owner)
    : chain_(std::move(chain)), token_(token), held_bytes_(held_bytes), owner_(owner) {}

DecisionWait::~DecisionWait() {
    stop();
}

Ticket::Handle DecisionWait::take(std::size_t instance, std::uint64_t timeout_ns) noexcept {
    check_here(*chain_->mailbox);
    if (ticket_.ticket != nullptr) {
        FailureReason::set("it already has a pending decision here");
        return {};
    }
    const auto share = chain_->begin_wait(instance, token_, held_bytes_);
    if (!share) {
        FailureReason::set("too many decisions are pending");
        return {};
    }
    instance_ = instance;
    share_ = *share;
    try {
        ticket_ = Ticket::take(*this, chain_->mailbox, chain_->chain->instances[instance]);
    } catch (const std::exception&) {  // no memory for the ticket
        chain_->end_wait(instance_, share_, held_bytes_);
        return {};
    }
    const auto longest = static_cast<std::uint64_t>(std::chrono::nanoseconds(chain_->waits.longest).count());
    timeout_ = std::chrono::nanoseconds(timeout_ns == 0 ? longest : std::min(timeout_ns, longest));
    return ticket_;
}

bool DecisionWait::begin(TimePoint now) noexcept {
    check_here(*chain_->mailbox);
    if (ticket_.ticket == nullptr) {
        return false;
    }
    waits_ = true;
    hold_until_ = std::min(hold_until_, now + chain_->waits.longest);
    until_ = std::min(hold_until_, now + timeout_);
    return true;
}

void DecisionWait::withdraw() noexcept {
    if (ticket_.ticket != nullptr) {
        check_here(*chain_->mailbox);
        Ticket::withdraw(std::exchange(ticket_, {}), *this);
        chain_->end_wait(instance_, share_, held_bytes_);
    }
}

void DecisionWait::on_decision(const Continuation& then) noexcept {
    ticket_ = {};
    chain_->end_wait(instance_, share_, held_bytes_);
    continuation_ = then;
    owner_.on_decision();
}

void DecisionWait::expire() noexcept {
    if (is_pending()) {
        withdraw();
        expired_ = true;
    }
}

bool DecisionWait::take_expired() noexcept {
    if (!std::exchange(expired_, false)) {
        return false;
    }
    waits_ = false;
    return true;
}

Continuation DecisionWait::take_continuation() noexcept {
    waits_ = false;
    return *std::exchange(continuation_, std::nullopt);
}

void DecisionWait::stop() noexcept {
    withdraw();
    if (continuation_) {
        std::exchange(continuation_, std::nullopt)->free_context();
    }
    waits_ = expired_ = false;
    hold_until_ = never;
}

}  // namespace ferrotunnel::plugin
