#include "base/coarse_time.hpp"

#include <catch2/catch.hpp>
#include <cstdint>

namespace ferrotunnel {
namespace {

using namespace std::chrono_literals;

constexpr Duration tick{std::int64_t{1} << 20};

TEST_CASE("a time in four bytes is never too short, and by less than a tick too long", "[clock]") {
    // Around ticks, and around the wrap of their count.
    for (const Duration start :
         {Duration(1), tick - Duration(1), tick, Duration(100s + 7us), tick * ((std::int64_t{1} << 32) - 1)}) {
        const TimePoint at(start);
        for (const Duration passed : {Duration::zero(), Duration(1), tick, Duration(10s), Duration(24h * 25)}) {
            const Duration found = CoarseTime(at).until(at + passed);
            CHECK(found >= passed);
            CHECK(found < passed + tick);
        }
    }
}

TEST_CASE("a time in four bytes has not passed before it comes", "[clock]") {
    const CoarseTime at(TimePoint(100s));
    CHECK(at.until(TimePoint(100s - 2ms)) == Duration::zero());
    CHECK(at.until(TimePoint(1s)) == Duration::zero());
}

}  // namespace
}  // namespace ferrotunnel
