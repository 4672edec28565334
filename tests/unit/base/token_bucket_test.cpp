#include "base/token_bucket.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using namespace ferrotunnel;
using namespace std::chrono_literals;

TEST_CASE("a bucket gives so many at once, then one each time that its pace allows, and never more than it holds") {
    constexpr RateLimit limit{.burst = 3, .per_second = 10};
    const TimePoint now = Clock::now();
    TokenBucket bucket;
    CHECK(bucket.is_full(now));
    for (int i = 0; i < 3; ++i) {
        CHECK(bucket.may_take(limit, now));
        CHECK(bucket.take(limit, now));
    }
    CHECK_FALSE(bucket.is_full(now));
    CHECK_FALSE(bucket.take(limit, now));
    CHECK_FALSE(bucket.take(limit, now + 99ms));  // what was refused did not count
    CHECK(bucket.take(limit, now + 100ms));
    CHECK_FALSE(bucket.take(limit, now + 100ms));
    for (int i = 0; i < 3; ++i) {
        CHECK(bucket.take(limit, now + 10s));
    }
    CHECK_FALSE(bucket.take(limit, now + 10s));
    CHECK(bucket.is_full(now + 11s));
}

TEST_CASE("a new bucket is full at any time, also before the clock's zero, as an hour ago is soon after a boot") {
    constexpr RateLimit limit{.burst = 1, .per_second = 1};
    for (const TimePoint now : {TimePoint() - 1h, TimePoint(), TimePoint() + 24h * 365 * 100}) {
        TokenBucket bucket;
        CHECK(bucket.is_full(now));
        CHECK(bucket.take(limit, now));
        CHECK_FALSE(bucket.take(limit, now));
    }
}
