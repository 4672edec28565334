#include "cli/startup_pages.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel::cli {

namespace {

struct PagesRig {
    StartupPages pages;
    StartupPages::Clock::time_point begin = StartupPages::Clock::now();

    StartupPages::Clock::time_point after(int ms) const { return begin + std::chrono::milliseconds(ms); }
};

}  // namespace

TEST_CASE("startup pages are due a moment after the last event, and after two longer pauses") {
    PagesRig rig;
    CHECK_FALSE(rig.pages.take_due(rig.begin));
    CHECK_FALSE(rig.pages.due_in(rig.begin));

    rig.pages.used(rig.begin);
    rig.pages.used(rig.after(60));
    CHECK(rig.pages.due_in(rig.after(60)) == std::chrono::milliseconds(100));
    CHECK_FALSE(rig.pages.take_due(rig.after(159)));
    CHECK(rig.pages.due_in(rig.after(160)) == std::chrono::milliseconds(0));
    CHECK_FALSE(rig.pages.is_quiet());
    CHECK(rig.pages.take_due(rig.after(160)));
    CHECK(rig.pages.is_quiet());

    CHECK_FALSE(rig.pages.take_due(rig.after(160)));
    CHECK(rig.pages.due_in(rig.after(160)) == std::chrono::seconds(2));
    CHECK(rig.pages.take_due(rig.after(2'160)));
    CHECK(rig.pages.due_in(rig.after(2'160)) == std::chrono::seconds(15));
    CHECK(rig.pages.take_due(rig.after(17'160)));
    CHECK_FALSE(rig.pages.due_in(rig.after(17'160)));
    CHECK_FALSE(rig.pages.take_due(rig.after(600'000)));

    rig.pages.used(rig.after(600'000));
    CHECK_FALSE(rig.pages.is_quiet());
}

TEST_CASE("startup pages are released again after a login, but not more often than every two seconds") {
    PagesRig rig;
    rig.pages.used(rig.begin);
    REQUIRE(rig.pages.take_due(rig.after(100)));
    int releases = 0;
    for (int ms = 110; ms < 20'110; ms += 150) {
        rig.pages.used(rig.after(ms));
        releases += rig.pages.take_due(rig.after(ms + 140)) ? 1 : 0;
    }
    CHECK(releases >= 8);
    CHECK(releases <= 10);

    rig.pages.used(rig.after(60'000));
    CHECK(rig.pages.due_in(rig.after(60'000)) == std::chrono::milliseconds(100));
    CHECK(rig.pages.take_due(rig.after(60'100)));
}

TEST_CASE("the wait for startup pages never ends before they are due") {
    PagesRig rig;
    rig.pages.used(rig.begin);
    const auto now = rig.after(99) + std::chrono::microseconds(1);
    CHECK(rig.pages.due_in(now) == std::chrono::milliseconds(1));
    CHECK_FALSE(rig.pages.take_due(now));
    CHECK(rig.pages.due_in(rig.after(500)) == std::chrono::milliseconds(0));
}

}  // namespace ferrotunnel::cli
