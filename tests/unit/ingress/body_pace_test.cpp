// How long a body may take, with time as a value; tests of connections have the sockets.
#include "ingress/body_pace.hpp"

#include <catch2/catch.hpp>

#include "exchange/http_settings.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start = TimePoint() + 1h;

// A visitor that sends `bytes` at each `pause`, and is looked at as a connection does. Returns when it is cut; `never`
// where it is not within a day.
TimePoint cut_of(BodyPace& pace, const exchange::HttpServiceSettings& settings, std::uint64_t bytes, Duration pause) {
    TimePoint due = pace.begin(settings, start, false);
    TimePoint sends = start;
    while (due < start + 24h) {
        for (; sends <= due; sends += pause) {
            pace.received(bytes, sends);
        }
        const TimePoint next = pace.check_progress(settings, due, false);
        if (next <= due) {
            return due;
        }
        due = next;
    }
    return never;
}

}  // namespace

TEST_CASE("body pace: a body is cut by its average, and by silence") {
    const exchange::HttpServiceSettings settings;
    REQUIRE(settings.body_bytes_per_second_min == 500);
    REQUIRE(settings.body_grace == 60s);
    BodyPace pace;
    SECTION("nothing at all") {
        CHECK(cut_of(pace, settings, 0, 1h) == start + 60s);
    }
    SECTION("a byte each 59 s") {
        CHECK(cut_of(pace, settings, 1, 59s) == start + 60s + 4ms);
    }
    SECTION("a byte a second") {
        CHECK(cut_of(pace, settings, 1, 1s) < start + 61s);
    }
    SECTION("a little too slow") {
        const TimePoint cut = cut_of(pace, settings, 450, 1s);
        CHECK(cut > start + 590s);
        CHECK(cut < start + 620s);
    }
    SECTION("fast enough, in pieces with long pauses") {
        CHECK(cut_of(pace, settings, 500, 1s) == never);
        CHECK(cut_of(pace, settings, 30'000, 59s) == never);
    }
    SECTION("much at once does not pay for a longer silence") {
        TimePoint due = pace.begin(settings, start, false);
        pace.received(1'000'000'000'000'000'000, start + 10s);
        due = pace.check_progress(settings, due, false);
        CHECK(due == start + 70s);
        CHECK(pace.check_progress(settings, due, false) == due);
    }
}

TEST_CASE("body pace: time in which the visitor waits does not count") {
    const exchange::HttpServiceSettings settings;
    BodyPace pace;
    SECTION("from the start on") {
        CHECK(pace.begin(settings, start, true) == start + 60s);
        CHECK(pace.check_progress(settings, start + 60s, true) == start + 120s);
        pace.set_waiting(false, start + 90s);
        CHECK(pace.check_progress(settings, start + 120s, false) == start + 150s);
        CHECK(pace.check_progress(settings, start + 150s, false) == start + 150s);
    }
    SECTION("in between, and what was before counts") {
        (void)pace.begin(settings, start, false);
        pace.set_waiting(true, start + 40s);
        pace.set_waiting(true, start + 50s);
        CHECK(pace.is_waiting());
        CHECK(pace.check_progress(settings, start + 60s, true) == start + 120s);
        pace.set_waiting(false, start + 100s);
        CHECK(pace.check_progress(settings, start + 120s, false) == start + 120s);
    }
    SECTION("where only a look sees it") {
        (void)pace.begin(settings, start, false);
        CHECK(pace.check_progress(settings, start + 60s, true) == start + 120s);
    }
}

TEST_CASE("body pace: a rate of 0 allows any") {
    exchange::HttpServiceSettings settings;
    settings.body_bytes_per_second_min = 0;
    BodyPace pace;
    CHECK(pace.begin(settings, start, false) == never);
    CHECK(pace.check_progress(settings, start + 10h, false) == never);
}
