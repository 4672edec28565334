// Spans on their way from the workers to whoever sends them.
//
//   worker --put--> [ at most spans_waiting_max ] --take--> exporter --count_sent, count_failed
//             '-- no room: dropped, and counted
//
// The lock is held while spans are moved in or out, and for nothing else: no worker waits for a collector. Requests
// that are not sampled do not come here.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/mutex.hpp"
#include "trace/limits.hpp"
#include "trace/span.hpp"

namespace ferrotunnel::trace {

/// How many spans have come to which end.
struct SpanCounts {
    std::uint64_t sent = 0;     // the collector has taken them
    std::uint64_t failed = 0;   // it has not, however often it was asked
    std::uint64_t dropped = 0;  // there was no room for them
};

class SpanQueue {
public:
    SpanQueue() = default;
    SpanQueue(const SpanQueue&) = delete;
    SpanQueue& operator=(const SpanQueue&) = delete;

    /// Adds the spans of one request, or drops all of them: a part would look like a whole. Any thread.
    void put(std::vector<Span>&& spans) noexcept;
    /// Counts spans that could not be made for want of memory. Any thread.
    void drop(std::uint64_t spans) noexcept { dropped_.fetch_add(spans, std::memory_order_relaxed); }
    SpanCounts counts() const noexcept;

    // --- whoever sends them ---

    /// `call` is called, on any thread and with the lock held, when a whole batch has come to wait. Empty: nobody sends
    /// any more, and what comes is dropped, with what waits.
    void set_wake(std::function<void()> call);
    /// Takes the oldest, batch_spans_max at the most.
    std::vector<Span> take();
    bool has_batch() const;
    bool is_empty() const;
    void count_sent(std::uint64_t spans) noexcept { sent_.fetch_add(spans, std::memory_order_relaxed); }
    void count_failed(std::uint64_t spans) noexcept { failed_.fetch_add(spans, std::memory_order_relaxed); }

private:
    mutable Mutex mutex_;
    std::vector<Span> waiting_ GUARDED_BY(mutex_);  // the oldest first
    std::function<void()> wake_ GUARDED_BY(mutex_);
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace ferrotunnel::trace
