// A time in four bytes, for what is kept for each of many and compared with limits of seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

#include "base/clock.hpp"

namespace ferrotunnel {

/// A time, rounded down to a tick of 1.05 ms (2^20 ns). It can be compared with times of the following 26 days.
class CoarseTime {
public:
    CoarseTime() = default;
    explicit CoarseTime(TimePoint at) noexcept : ticks_(ticks_of(at)) {}

    /// The time from this one until `now`: by up to one tick too long, never too short. Zero if `now` is earlier.
    Duration until(TimePoint now) const noexcept {
        const auto ticks = static_cast<std::int32_t>(ticks_of(now) - ticks_);
        if (ticks < 0) {
            return Duration::zero();
        }
        const std::int64_t rest = now.time_since_epoch().count() & ((std::int64_t{1} << tick_bits) - 1);
        return Duration((std::int64_t{ticks} << tick_bits) + rest);
    }

private:
    static constexpr int tick_bits = 20;
    static_assert(std::is_same_v<Duration, std::chrono::nanoseconds>);

    static std::uint32_t ticks_of(TimePoint at) noexcept {
        return static_cast<std::uint32_t>(at.time_since_epoch().count() >> tick_bits);
    }

    std::uint32_t ticks_ = 0;
};

}  // namespace ferrotunnel
