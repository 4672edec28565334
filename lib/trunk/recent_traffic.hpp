// How much a trunk has moved lately.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"

namespace ferrotunnel::trunk {

/// One thread counts, any thread looks. What is answered covers the last one or two windows: a burst counts at once,
/// and what is over is forgotten soon.
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

    /// Bytes. What a look between the two stores of `count` sees is off by that one count, which does no harm.
    std::uint64_t lately(TimePoint now) const noexcept {
        return now - at_.load(std::memory_order_relaxed) < 2 * window ? bytes_.load(std::memory_order_relaxed) : 0;
    }

private:
    TimePoint began_{};         // of the present window
    std::uint64_t since_ = 0;   // in it
    std::uint64_t before_ = 0;  // in the one before
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<TimePoint> at_{TimePoint{}};
};

}  // namespace ferrotunnel::trunk
