// Per-thread free list of queue segments. Queues that are mostly empty acquire and release one segment with each burst;
// without this list, every message would use the allocator on each hop, and construct and destroy sixteen slots.
//
// The list belongs to its thread: no lock, no atomic operations. It is bounded, and is freed with the thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferrotunnel::buffer {

/// `Segment` has an atomic pointer `next` to its own type, which is null in a segment returned by `take`. A kept
/// segment must not hold any values.
template <typename Segment>
class SpareSegments {
public:
    /// Takes some 80 KiB per thread for the segments of streams.
    static constexpr std::uint32_t max = 128;

    /// Returns a kept segment, or null.
    static Segment* take() noexcept {
        Segment* segment = first_;
        if (segment != nullptr) {
            first_ = segment->next.load(std::memory_order_relaxed);
            segment->next.store(nullptr, std::memory_order_relaxed);
            --count_;
        }
        return segment;
    }

    /// Keeps `segment`. False when there are enough or the thread is ending; the segment then remains the caller's.
    static bool keep(Segment* segment) noexcept {
        if (count_ == max || thread_ends_) {
            return false;
        }
        if (!watched_) {
            // Separate from the list, which therefore needs no check for initialisation on each use.
            thread_local const AtThreadEnd at_thread_end;
            watched_ = true;
        }
        segment->next.store(first_, std::memory_order_relaxed);
        first_ = segment;
        ++count_;
        return true;
    }

    /// Number of segments kept by this thread; for tests.
    static std::uint32_t count() noexcept { return count_; }

private:
    // Empties the list when the thread ends. Objects that the thread destroys later may still use queues.
    struct AtThreadEnd {
        AtThreadEnd() = default;
        AtThreadEnd(const AtThreadEnd&) = delete;
        AtThreadEnd& operator=(const AtThreadEnd&) = delete;
        ~AtThreadEnd() {
            thread_ends_ = true;
            while (Segment* segment = take()) {
                delete segment;
            }
        }
    };

    static inline constinit thread_local Segment* first_ = nullptr;
    static inline constinit thread_local std::uint32_t count_ = 0;
    static inline constinit thread_local bool watched_ = false;
    static inline constinit thread_local bool thread_ends_ = false;
};

}  // namespace ferrotunnel::buffer
