// Token buckets: rate limits with a burst.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"

namespace ferrotunnel {

/// The rate of a bucket.
struct RateLimit {
    std::uint32_t burst;  // at least 1
    std::uint32_t per_second;

    constexpr Duration each() const noexcept { return Duration(std::chrono::seconds(1)) / per_second; }
};

/// A token bucket, stored as the time at which it is full again. For one thread, or under a lock.
class TokenBucket {
public:
    /// Takes one token; false if there is none.
    bool take(const RateLimit& limit, TimePoint now) noexcept {
        if (!may_take(limit, now)) {
            return false;
        }
        full_at_ = std::max(full_at_, now) + limit.each();
        return true;
    }
    /// What `take` would return, without taking a token.
    bool may_take(const RateLimit& limit, TimePoint now) const noexcept {
        return full_at_ - now <= limit.each() * (limit.burst - 1);
    }
    /// The time from which `take` returns true.
    TimePoint may_take_from(const RateLimit& limit) const noexcept {
        return full_at_ - limit.each() * (limit.burst - 1);
    }
    /// Whether the bucket is full, and so equivalent to a new one.
    bool is_full(TimePoint now) const noexcept { return full_at_ <= now; }

private:
    TimePoint full_at_{Duration::min() / 2};  // before any time: a machine's clock may begin at its start
};

}  // namespace ferrotunnel
