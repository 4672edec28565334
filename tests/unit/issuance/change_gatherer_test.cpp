#include "issuance/change_gatherer.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "issuance/limits.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::issuance;
using std::chrono::milliseconds;

TEST_CASE("changes: the first is reported at once, later ones after the interval", "[issuance]") {
    const TimePoint start = Clock::now();
    ChangeGatherer changes(milliseconds(250));
    CHECK_FALSE(changes.due());
    CHECK_FALSE(changes.take(start));
    changes.note();
    CHECK(changes.take(start));
    CHECK_FALSE(changes.take(start));
    changes.note();
    CHECK(changes.due() == start + milliseconds(250));
    CHECK_FALSE(changes.take(start + milliseconds(249)));
    CHECK(changes.take(start + milliseconds(250)));
    CHECK_FALSE(changes.due());
    changes.note();
    CHECK(changes.take(start + std::chrono::hours(1)));
}

TEST_CASE("changes: a thousand within a second are five reports", "[issuance]") {
    const TimePoint start = Clock::now();
    ChangeGatherer changes(ferrotunnel::issuance::limits::local_gather_time);
    int reports = 0;
    for (int i = 0; i < 1'000; ++i) {
        changes.note();
        reports += changes.take(start + milliseconds(i)) ? 1 : 0;
    }
    reports += changes.due() && changes.take(*changes.due()) ? 1 : 0;
    CHECK(reports == 5);
    CHECK_FALSE(changes.due());
}
