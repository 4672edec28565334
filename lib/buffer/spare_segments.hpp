// Segments of queues that a thread has given up and will soon need again. Queues that are mostly empty take and let go
// of one with each burst; without this, every message would visit the allocator on each of its hops, and build and
// destroy sixteen slots.
//
// The list is the thread's own: no lock, no atomics. It is bounded, and goes with the thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferrotunnel::buffer {

/// `Segment` has an atomic pointer `next` to its own kind, which is null in a segment that was taken. A segment that is
/// kept must hold nothing that matters.
template <typename Segment>
class SpareSegments {
public:
    /// Some 80 KiB a thread for the segments of streams.
    static constexpr std::uint32_t max = 128;

    /// One that was kept, or null.
    static Segment* take() noexcept {
        Segment* segment = first_;
        if (segment != nullptr) {
            first_ = segment->next.load(std::memory_order_relaxed);
            segment->next.store(nullptr, std::memory_order_relaxed);
            --count_;
        }
        return segment;
    }

    /// False: there are enough, or the thread is ending; the segment remains the caller's.
    static bool keep(Segment* segment) noexcept {
        if (count_ == max || thread_ends_) {
            return false;
        }
        if (!watched_) {
            // Apart from the list, which so needs no check for whether it was initialised whenever it is used.
            thread_local const AtThreadEnd at_thread_end;
            watched_ = true;
        }
        segment->next.store(first_, std::memory_order_relaxed);
        first_ = segment;
        ++count_;
        return true;
    }

    /// Kept by this thread; for tests.
    static std::uint32_t count() noexcept { return count_; }

private:
    // Queues may be used by what the thread destroys after this.
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
