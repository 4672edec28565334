#include "exchange/connect_limiter.hpp"

#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::exchange {

void ConnectWaiter::stop_waiting_to_connect() noexcept {
    if (limiter_ != nullptr) {
        limiter_->remove(*this);
    }
}

ConnectLimiter::~ConnectLimiter() {
    for (auto& [service, queue] : queues_) {
        for (ConnectWaiter* each = queue.first; each != nullptr; each = each->next_) {
            each->limiter_ = nullptr;
        }
    }
}

bool ConnectLimiter::has_queue(std::uint64_t service) const noexcept {
    const auto found = queues_.find(service);
    return found != queues_.end() && found->second.first != nullptr;
}

bool ConnectLimiter::may_open(std::uint64_t service) const noexcept {
    const auto found = queues_.find(service);
    return found == queues_.end() || found->second.opening < opens_max_;
}

ConnectLimiter::Queue& ConnectLimiter::queue_of(std::uint64_t service) {
    Queue& queue = queues_[service];
    queue.service = service;
    return queue;
}

void ConnectLimiter::opening(std::uint64_t service) {
    ++queue_of(service).opening;
}

void ConnectLimiter::answered(std::uint64_t service, bool taken) noexcept {
    if (const auto found = queues_.find(service); found != queues_.end()) {
        --found->second.opening;
        found->second.last_progress_at = taken ? worker_.now() : found->second.last_progress_at;
        serve_soon(found->second);
        forget_if_empty(found);
    }
}

void ConnectLimiter::stream_returned(std::uint64_t service) noexcept {
    if (const auto found = queues_.find(service); found != queues_.end() && found->second.first != nullptr) {
        ++found->second.stream_returned;
        found->second.last_progress_at = worker_.now();
        serve_soon(found->second);
    }
}

TimePoint ConnectLimiter::last_progress_at(std::uint64_t service) const noexcept {
    const auto found = queues_.find(service);
    return found == queues_.end() ? TimePoint{} : found->second.last_progress_at;
}

void ConnectLimiter::wait(std::uint64_t service, ConnectWaiter& visitor) {
    Queue& queue = queue_of(service);
    visitor.limiter_ = this;
    visitor.service_ = service;
    visitor.next_ = nullptr;
    visitor.previous_ = queue.last;
    (queue.last != nullptr ? queue.last->next_ : queue.first) = &visitor;
    queue.last = &visitor;
    ++waiting_;
}

void ConnectLimiter::remove(ConnectWaiter& visitor) noexcept {
    const auto found = queues_.find(visitor.service_);
    Queue& queue = found->second;
    (visitor.previous_ != nullptr ? visitor.previous_->next_ : queue.first) = visitor.next_;
    (visitor.next_ != nullptr ? visitor.next_->previous_ : queue.last) = visitor.previous_;
    visitor.limiter_ = nullptr;
    --waiting_;
    forget_if_empty(found);
}

void ConnectLimiter::forget_if_empty(Queues::iterator at) noexcept {
    if (at->second.first == nullptr && at->second.opening == 0 && !at->second.due) {
        queues_.erase(at);
    }
}

// Serves a queue at the end of the round, not from within an exchange that ends: a called visitor may end exchanges
// itself.
void ConnectLimiter::serve_soon(Queue& queue) noexcept {
    if (queue.first == nullptr || std::exchange(queue.due, true)) {
        return;
    }
    queue.next_due = nullptr;
    (last_due_ != nullptr ? last_due_->next_due : first_due_) = &queue;
    last_due_ = &queue;
    worker_.defer(*this);
}

void ConnectLimiter::run_deferred() noexcept {
    while (first_due_ != nullptr) {
        Queue& queue = *first_due_;
        first_due_ = queue.next_due;
        last_due_ = first_due_ != nullptr ? last_due_ : nullptr;
        queue.due = false;
        serve(queue.service);
    }
}

// Calls visitors of a queue. Everything is looked up again after each call, which may have changed the queues.
void ConnectLimiter::serve(std::uint64_t service) noexcept {
    auto at = queues_.find(service);
    std::uint32_t streams = std::exchange(at->second.stream_returned, 0);
    while (at != queues_.end() && at->second.first != nullptr && (streams > 0 || at->second.opening < opens_max_)) {
        streams -= streams > 0 ? 1 : 0;
        ConnectWaiter& visitor = *at->second.first;
        remove(visitor);
        visitor.on_connect_turn();
        at = queues_.find(service);
    }
    if (at != queues_.end()) {
        forget_if_empty(at);
    }
}

}  // namespace ferrotunnel::exchange
