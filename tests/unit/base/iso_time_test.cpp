#include "base/iso_time.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace std::chrono;

TEST_CASE("a moment as text is in UTC, to the millisecond, and its fraction has three digits") {
    const auto text_of = [](nanoseconds since_1970) {
        std::string text = "at ";
        append_iso_time(text, system_clock::time_point(duration_cast<system_clock::duration>(since_1970)));
        return text;
    };
    CHECK(text_of(0s) == "at 1970-01-01T00:00:00.000Z");
    CHECK(text_of(sys_days(2026y / 1 / 31).time_since_epoch() + 12h + 7ms) == "at 2026-01-31T12:00:00.007Z");
    CHECK(text_of(sys_days(2024y / 2 / 29).time_since_epoch() + 24h - 1ns) == "at 2024-02-29T23:59:59.999Z");
    CHECK(text_of(-1ms) == "at 1969-12-31T23:59:59.999Z");
}
