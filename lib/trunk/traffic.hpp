// Traffic counters of socket pumps, for one service, one trunk or a whole process.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "base/counter.hpp"
#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::trunk {

struct Traffic;

/// What a visitor's pump counts in: counters of visitors (Traffic), or a link before them, which counts this visitor
/// elsewhere as well, or keeps alive what counts it.
class TrafficCounter : public RefCounted {
public:
    /// Counts a visitor; any thread.
    void opened() noexcept;
    void stopped_sending() noexcept;
    void closed() noexcept;
    /// Removes the visitor from the total of visitors: another trunk counts it.
    void passed_on() noexcept;
    /// Counts bytes; call it on the visitor's worker.
    virtual void moved(Counter Traffic::*direction, std::uint64_t bytes) noexcept = 0;
    /// The counters in which visitors count.
    virtual Traffic& totals() noexcept = 0;
};

/// Visitors and bytes, counted as they occur; any thread may read. Visitors are counted on any thread. Bytes are
/// counted with every read and write of a socket, but only if a single worker counts them, so that no worker waits for
/// another's cache line. The total of a process is the sum of its sessions (trunk/traffic_registry.hpp).
struct Traffic final : TrafficCounter {
    /// On how many workers the visitors are: bytes are counted only for one_worker.
    enum class Of : std::uint8_t { one_worker, all_workers };

    Traffic() = default;
    explicit Traffic(Of of_in) : of(of_in) {}

    const Of of = Of::one_worker;
    std::atomic<std::uint64_t> visitors{0};      // total
    std::atomic<std::uint64_t> visitors_now{0};  // open now
    std::atomic<std::uint64_t> sending_now{0};   // of `visitors_now`, those that may still send
    Counter from_sockets;                        // bytes
    Counter to_sockets;
    IntrusivePtr<Traffic> total;  // counts the same, if set

    void moved(Counter Traffic::*direction, std::uint64_t bytes) noexcept override {
        for (Traffic* each = this; each != nullptr && each->of == Of::one_worker; each = each->total.get()) {
            (each->*direction).add(bytes);
        }
    }
    Traffic& totals() noexcept override { return *this; }
};

inline void TrafficCounter::opened() noexcept {
    for (Traffic* each = &totals(); each != nullptr; each = each->total.get()) {
        each->visitors.fetch_add(1, std::memory_order_relaxed);
        each->visitors_now.fetch_add(1, std::memory_order_relaxed);
        each->sending_now.fetch_add(1, std::memory_order_relaxed);
    }
}

inline void TrafficCounter::stopped_sending() noexcept {
    for (Traffic* each = &totals(); each != nullptr; each = each->total.get()) {
        each->sending_now.fetch_sub(1, std::memory_order_relaxed);
    }
}

inline void TrafficCounter::closed() noexcept {
    for (Traffic* each = &totals(); each != nullptr; each = each->total.get()) {
        each->visitors_now.fetch_sub(1, std::memory_order_relaxed);
    }
}

inline void TrafficCounter::passed_on() noexcept {
    for (Traffic* each = &totals(); each != nullptr; each = each->total.get()) {
        each->visitors.fetch_sub(1, std::memory_order_relaxed);
    }
}

/// How much a trunk has moved recently. One thread counts, any thread reads. The result covers the last one or two
/// windows: a burst counts at once, and an old one is soon forgotten.
class RecentTraffic {
public:
    static constexpr Duration window = std::chrono::milliseconds(100);

    void count(std::uint64_t bytes, TimePoint now) noexcept {
        if (now - began_ >= window) {
            before_ = now - began_ < 2 * window ? since_ : 0;
            since_ = 0;
            began_ = now;
        }
        since_ += bytes;
        bytes_.store(before_ + since_, std::memory_order_relaxed);
        at_.store(now, std::memory_order_relaxed);
    }

    /// The bytes moved recently. A read between the two stores of `count` is off by that one count, which does no harm.
    std::uint64_t lately(TimePoint now) const noexcept {
        return now - at_.load(std::memory_order_relaxed) < 2 * window ? bytes_.load(std::memory_order_relaxed) : 0;
    }

private:
    TimePoint began_{};         // start of the present window
    std::uint64_t since_ = 0;   // bytes in it
    std::uint64_t before_ = 0;  // bytes in the previous one
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<TimePoint> at_{TimePoint{}};
};

}  // namespace ferrotunnel::trunk
