// How often something may happen: so often at once, and so often in a second from then on.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"

namespace ferrotunnel {

/// What a bucket allows.
struct Pace {
    std::uint32_t at_once;  // one at least
    std::uint32_t per_second;

    constexpr Duration each() const noexcept { return Duration(std::chrono::seconds(1)) / per_second; }
};

/// A token bucket, kept as the time at which it is full again. For one thread, or under a lock.
class TokenBucket {
public:
    /// Counts one; false if it comes too soon, and is not counted.
    bool take(const Pace& pace, TimePoint now) noexcept {
        if (!may_take(pace, now)) {
            return false;
        }
        full_at_ = std::max(full_at_, now) + pace.each();
        return true;
    }
    /// What `take` would return, without counting.
    bool may_take(const Pace& pace, TimePoint now) const noexcept {
        return full_at_ - now <= pace.each() * (pace.at_once - 1);
    }
    /// From when on `take` returns true.
    TimePoint may_take_from(const Pace& pace) const noexcept { return full_at_ - pace.each() * (pace.at_once - 1); }
    /// A full bucket is as good as a new one.
    bool is_full(TimePoint now) const noexcept { return full_at_ <= now; }

private:
    TimePoint full_at_{Duration::min() / 2};  // before any time: a machine's clock may begin at its start
};

}  // namespace ferrotunnel
