#include "config/timestamp.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

using namespace ferrotunnel::config;

namespace {

std::string read(std::string_view text) {
    const auto moment = parse_timestamp(text);
    return moment ? timestamp_text(*moment) : "none";
}

}  // namespace

TEST_CASE("a moment is read as RFC 3339 writes it, whatever its offset") {
    CHECK(read("2027-03-31T23:59:59Z") == "2027-03-31T23:59:59Z");
    CHECK(read("2027-03-31t23:59:59z") == "2027-03-31T23:59:59Z");
    CHECK(read("2027-03-31 23:59:59.25Z") == "2027-03-31T23:59:59Z");
    CHECK(read("2027-01-01T00:30:00+02:00") == "2026-12-31T22:30:00Z");
    CHECK(read("2024-02-29T20:00:00-05:30") == "2024-03-01T01:30:00Z");
    CHECK(read("1990-12-31T23:59:60Z") == "1990-12-31T23:59:59Z");
    CHECK(read("0001-01-01T00:00:00Z") != "none");
}

TEST_CASE("what is no moment is none: each part in its place, and an offset") {
    for (const char* text : {"",
                             "2027",
                             "2027-03-31",
                             "2027-03-31T23:59:59",
                             "2027-03-31T23:59Z",
                             "2027-13-01T00:00:00Z",
                             "2027-00-01T00:00:00Z",
                             "2027-02-29T00:00:00Z",
                             "2027-01-32T00:00:00Z",
                             "2027-01-00T00:00:00Z",
                             "2027-01-01T24:00:00Z",
                             "2027-01-01T00:60:00Z",
                             "2027-01-01T00:00:61Z",
                             "2027-01-01T00:00:00.Z",
                             "2027-01-01T00:00:00+2:00",
                             "2027-01-01T00:00:00+24:00",
                             "2027-01-01T00:00:00+02:60",
                             "2027-01-01T00:00:00+0200",
                             "2027-01-01T00:00:00Zx",
                             "27-01-01T00:00:00Z",
                             " 2027-01-01T00:00:00Z",
                             "2027-1-1T00:00:00Z",
                             "2027/01/01T00:00:00Z",
                             "tomorrow"}) {
        INFO(text);
        CHECK(read(text) == "none");
    }
}

TEST_CASE("a moment that the clock cannot count to is the last one that it can") {
    CHECK(*parse_timestamp("9999-12-31T23:59:59Z") > std::chrono::system_clock::now());
    CHECK(*parse_timestamp("0001-01-01T00:00:00Z") < std::chrono::system_clock::now());
}
