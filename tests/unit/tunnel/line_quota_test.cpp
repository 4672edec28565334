#include "tunnel/line_quota.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::tunnel;
using namespace std::chrono_literals;

TEST_CASE("strangers cause so many lines in a second, and what was left out is told") {
    LineQuota quota;
    TimePoint now = TimePoint{} + 1h;
    for (std::uint32_t line = 0; line < limits::http_log_lines_per_second; ++line) {
        REQUIRE(quota.take(now) == 0U);
    }
    for (int line = 0; line < 1'000; ++line) {
        REQUIRE_FALSE(quota.take(now += 900us));
    }
    now += 100ms;
    CHECK(quota.take(now) == 1'000U);
    CHECK(quota.take(now) == 0U);
}
