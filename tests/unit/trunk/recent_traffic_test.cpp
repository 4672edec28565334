#include "trunk/traffic.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::trunk;
using namespace std::chrono_literals;

namespace {
const TimePoint start = TimePoint{} + 1h;
constexpr Duration traffic_window = RecentTraffic::window;
}  // namespace

TEST_CASE("a burst counts at once, and is forgotten when it is over") {
    RecentTraffic traffic;
    CHECK(traffic.lately(start) == 0);
    traffic.count(1'000, start);
    CHECK(traffic.lately(start) == 1'000);
    traffic.count(500, start + traffic_window - 1ms);
    CHECK(traffic.lately(start + traffic_window) == 1'500);
    CHECK(traffic.lately(start + 3 * traffic_window - 2ms) == 1'500);
    CHECK(traffic.lately(start + 3 * traffic_window - 1ms) == 0);
}

TEST_CASE("after a pause what was before it does not count") {
    const auto pause = GENERATE(2 * traffic_window, 3 * traffic_window, Duration(1h));
    RecentTraffic traffic;
    traffic.count(1'000, start);
    traffic.count(10, start + pause);
    CHECK(traffic.lately(start + pause) == 10);
}

TEST_CASE("a steady flow counts with one to two windows of it") {
    const auto pause = GENERATE(Duration(1ms), Duration(7ms), Duration(30ms), traffic_window);
    RecentTraffic traffic;
    constexpr std::uint64_t per_millisecond = 1'000;
    const auto bytes = static_cast<std::uint64_t>(pause / 1ms) * per_millisecond;
    TimePoint now = start;
    for (int i = 0; i < 1'000; ++i) {
        traffic.count(bytes, now);
        if (now - start >= 2 * traffic_window) {
            REQUIRE(traffic.lately(now) >= static_cast<std::uint64_t>(traffic_window / 1ms) * per_millisecond);
            REQUIRE(traffic.lately(now) <=
                    static_cast<std::uint64_t>((2 * traffic_window + 2 * pause) / 1ms) * per_millisecond);
        }
        now += pause;
    }
}
