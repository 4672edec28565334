// Limiter of visits by the clients of each token, all their connections together.
#pragma once

#include <cstddef>
#include <map>

#include "base/mutex.hpp"
#include "base/token_bucket.hpp"
#include "login/token.hpp"

namespace ferrotunnel::session {

/// Thread-safe.
class VisitRateLimiter {
public:
    /// Remembered tokens; beyond that, those that have not visited for a while are dropped.
    static constexpr std::size_t kept_max = 1'024;

    explicit VisitRateLimiter(const RateLimit& limit) : limit_(limit) {}

    /// Counts a visit. False if it is too soon; then it is not counted.
    bool take(const login::TokenId& token, TimePoint now) {
        const MutexLock lock(mutex_);
        if (buckets_.size() >= kept_max && !buckets_.contains(token)) {
            std::erase_if(buckets_, [now](const auto& bucket) { return bucket.second.is_full(now); });
        }
        return buckets_[token].take(limit_, now);
    }

    std::size_t kept() const {
        const MutexLock lock(mutex_);
        return buckets_.size();
    }

private:
    const RateLimit limit_;
    mutable Mutex mutex_;
    std::map<login::TokenId, TokenBucket> buckets_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::session
