#include "session/event_quota.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace std::chrono_literals;

TEST_CASE("so many events are told in a second") {
    EventQuota quota(3);
    TimePoint now = TimePoint{} + 1h;
    for (int event = 0; event < 3; ++event) {
        REQUIRE(quota.may_report(now));
    }
    for (int event = 0; event < 1'000; ++event) {
        REQUIRE_FALSE(quota.may_report(now += 900us));
    }
    now += 100ms;
    CHECK(quota.may_report(now));
}
