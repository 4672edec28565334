// Queue of spans from the workers to the exporter.
//
//   worker --put--> [ at most spans_waiting_max ] --take--> exporter --count_sent, count_failed
//             '-- no room: dropped, and counted
//
// The lock is held only while spans are moved in or out: no worker waits for a collector. Spans of unsampled requests
// are not added.
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

/// Spans by outcome.
struct SpanCounts {
    std::uint64_t sent = 0;     // accepted by the collector
    std::uint64_t failed = 0;   // not accepted in any attempt
    std::uint64_t dropped = 0;  // there was no room for them
};

class SpanQueue {
public:
    SpanQueue() = default;
    SpanQueue(const SpanQueue&) = delete;
    SpanQueue& operator=(const SpanQueue&) = delete;

    /// Adds the spans of one request, or drops all of them: a part would look like a whole. Thread-safe.
    void put(std::vector<Span>&& spans) noexcept;
    /// Counts spans that could not be created for lack of memory. Thread-safe.
    void drop(std::uint64_t spans) noexcept { dropped_.fetch_add(spans, std::memory_order_relaxed); }
    SpanCounts counts() const noexcept;

    // --- for the exporter ---

    /// `call` is called, on any thread and with the lock held, when a whole batch is waiting. If `call` is empty,
    /// nothing is sent any more, and waiting and new spans are dropped.
    void set_wake(std::function<void()> call);
    /// Takes the oldest spans, at most batch_spans_max.
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
