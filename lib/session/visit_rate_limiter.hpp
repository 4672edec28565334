// Limiter of visits by the clients of each token, all their connections together.
#pragma once

#include <cstddef>
#include <string>

#include "base/mutex.hpp"
#include "base/token_bucket.hpp"
#include "login/network_rate_limiter.hpp"
#include "login/token.hpp"

namespace ferrotunnel::session {

/// Thread-safe.
class VisitRateLimiter {
public:
    /// Tokens whose visits are counted at once; those of one more are not, until others have not visited for a while.
    static constexpr std::size_t kept_max = 1'024;

    explicit VisitRateLimiter(const RateLimit& limit) : gate_({limit, kept_max}) {}

    /// Counts a visit. False if it is too soon; then it is not counted.
    bool take(const login::TokenId& token, TimePoint now) {
        const MutexLock lock(mutex_);
        return gate_.take(std::string(token.begin(), token.end()), now);
    }

    std::size_t kept() const {
        const MutexLock lock(mutex_);
        return gate_.addresses();
    }

private:
    mutable Mutex mutex_;
    login::AddressRateLimiter gate_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::session
