#include "trace/span_queue.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace ferrotunnel::trace {

void SpanQueue::put(std::vector<Span>&& spans) noexcept {
    const MutexLock lock(mutex_);
    const std::size_t before = waiting_.size();
    if (!wake_ || spans.size() > spans_waiting_max - before) {
        drop(spans.size());
        return;
    }
    try {
        waiting_.reserve(spans_waiting_max);
    } catch (const std::exception&) {  // no memory
        drop(spans.size());
        return;
    }
    std::move(spans.begin(), spans.end(), std::back_inserter(waiting_));
    if (before < batch_spans_max && waiting_.size() >= batch_spans_max) {
        try {
            wake_();
        } catch (const std::exception&) {  // no memory: gather_time ends without it
        }
    }
}

SpanCounts SpanQueue::counts() const noexcept {
    return {sent_.load(std::memory_order_relaxed), failed_.load(std::memory_order_relaxed),
            dropped_.load(std::memory_order_relaxed)};
}

void SpanQueue::set_wake(std::function<void()> call) {
    const MutexLock lock(mutex_);
    wake_ = std::move(call);
    if (!wake_) {
        drop(waiting_.size());
        waiting_ = {};
    }
}

std::vector<Span> SpanQueue::take() {
    const MutexLock lock(mutex_);
    const std::size_t n = std::min(waiting_.size(), batch_spans_max);
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(n);
    std::vector<Span> taken(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return taken;
}

bool SpanQueue::has_batch() const {
    const MutexLock lock(mutex_);
    return waiting_.size() >= batch_spans_max;
}

bool SpanQueue::is_empty() const {
    const MutexLock lock(mutex_);
    return waiting_.empty();
}

}  // namespace ferrotunnel::trace
