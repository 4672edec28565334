#include "shaping/bucket.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using namespace ferrotunnel;
using namespace ferrotunnel::shaping;
using namespace std::chrono_literals;

namespace {
constexpr TimePoint bucket_start{100h};
}

TEST_CASE("what is taken of a bucket begins where the bytes before it end", "[shaping]") {
    Bucket bucket;
    bucket.set_rate(1'000'000, bucket_start);
    const std::int64_t first = bucket.take(1'000, bucket_start);
    CHECK(bucket.time_of(first) <= bucket_start);
    const std::int64_t second = bucket.take(500, bucket_start);
    CHECK(second == first + 1'000);
    const TimePoint at = bucket.time_of(second);
    CHECK(at >= bucket_start + 1ms);
    CHECK(at <= bucket_start + 1ms + 2ns);
}

TEST_CASE("a bucket that was idle has 20 ms of its rate to take at once, and no more", "[shaping]") {
    Bucket bucket;
    bucket.set_rate(1'000'000, bucket_start);
    const TimePoint now = bucket_start + 1h;
    std::int64_t position = bucket.take(10'000, now);
    CHECK(bucket.time_of(position) <= now);
    position = bucket.take(10'000, now);
    CHECK(bucket.time_of(position) <= now);
    position = bucket.take(1, now);
    CHECK(bucket.time_of(position) <= now + 1us);
    position = bucket.take(1, now);
    CHECK(bucket.time_of(position) > now);
}

TEST_CASE("what is given back is there for the next one", "[shaping]") {
    Bucket bucket;
    bucket.set_rate(1'000'000, bucket_start);
    const std::int64_t first = bucket.take(100'000, bucket_start);
    bucket.give_back(90'000);
    CHECK(bucket.take(1, bucket_start) == first + 10'000);
}

TEST_CASE("a new rate moves the time of a position, and not the position", "[shaping]") {
    Bucket bucket;
    bucket.set_rate(1'000'000, bucket_start);
    (void)bucket.take(1'000'000, bucket_start);
    const std::int64_t position = bucket.take(1, bucket_start);
    CHECK(bucket.time_of(position) >= bucket_start + 1s);
    CHECK(bucket.time_of(position) <= bucket_start + 1s + 10ns);
    bucket.set_rate(10'000'000, bucket_start + 500ms);
    CHECK(bucket.time_of(position) >= bucket_start + 550ms);
    CHECK(bucket.time_of(position) <= bucket_start + 550ms + 10ns);
    bucket.set_rate(0, bucket_start + 510ms);
    CHECK(bucket.time_of(position) <= bucket_start);
    bucket.set_rate(2'000'000, bucket_start + 600ms);
    CHECK(bucket.time_of(bucket.take(1, bucket_start + 600ms)) <= bucket_start + 600ms + 1us);
}

TEST_CASE("a bucket keeps its rate for years, at the lowest and at the highest", "[shaping]") {
    const std::uint64_t rate = GENERATE(std::uint64_t{1024}, std::uint64_t{1'000'000'007}, std::uint64_t{rate_max});
    Bucket bucket;
    bucket.set_rate(rate, bucket_start);
    const TimePoint now = bucket_start + std::chrono::hours(24 * 600) + 123'456'789ns;
    const std::int64_t position = bucket.take(rate, now);
    CHECK(bucket.time_of(position) <= now);
    const TimePoint next = bucket.time_of(bucket.take(1, now));
    CAPTURE(rate);
    CHECK((next - now).count() >= (740ms / 1ns));  // the burst is a quarter of a second at the most
    CHECK((next - now).count() <= (990ms / 1ns));
}

TEST_CASE("a quantum is less where many wait, and never too little to be worth a turn", "[shaping]") {
    Bucket bucket;
    bucket.set_rate(10'000'000, bucket_start);
    CHECK(bucket.quantum() == 200'000);
    for (int i = 0; i < 99; ++i) {
        bucket.begin_waiting();
    }
    CHECK(bucket.quantum() == 25'000);
    for (int i = 0; i < 100'000; ++i) {
        bucket.begin_waiting();
    }
    CHECK(bucket.quantum() == 512);
    bucket.set_rate(rate_max, bucket_start);
    CHECK(bucket.quantum() == 256 * 1024);
}
