#include "config/values.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "base/limits.hpp"
#include "base/units.hpp"

namespace ferrotunnel::config {

using namespace std::chrono_literals;

TEST_CASE("booleans have three spellings each", "[values]") {
    for (const char* yes : {"true", "on", "yes"}) {
        CHECK(parse_bool(yes) == true);
    }
    for (const char* no : {"false", "off", "no"}) {
        CHECK(parse_bool(no) == false);
    }
    for (const char* other : {"", "True", "1", "on ", "maybe"}) {
        CHECK_FALSE(parse_bool(other));
    }
}

TEST_CASE("numbers are digits and nothing else", "[values]") {
    CHECK(parse_number("0") == 0);
    CHECK(parse_number("18446744073709551615") == ~0ULL);
    for (const char* wrong : {"", "-1", "+1", "1.0", " 1", "1 ", "0x10", "1e3", "18446744073709551616", "4x"}) {
        CHECK_FALSE(parse_number(wrong));
    }
}

TEST_CASE("integers may be negative", "[values]") {
    CHECK(parse_integer("0") == 0);
    CHECK(parse_integer("-12") == -12);
    CHECK(parse_integer("9223372036854775807") == 9'223'372'036'854'775'807);
    CHECK(parse_integer("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    for (const char* wrong : {"", "-", "--1", "+1", "1.0", " 1", "1 ", "0x10", "1e3", "9223372036854775808", "4x"}) {
        INFO(wrong);
        CHECK_FALSE(parse_integer(wrong));
    }
}

TEST_CASE("decimals are numbers as JSON has them", "[values]") {
    CHECK(parse_decimal("2") == 2.0);
    CHECK(parse_decimal("-0.5") == -0.5);
    CHECK(parse_decimal("1e6") == 1e6);
    CHECK(parse_decimal("1.25e-2") == 0.0125);
    for (const char* wrong :
         {"", "-", ".5", "5.", "-.5", "+1", "inf", "-inf", "nan", "1e", "1e999", "0x10", "1 ", "1,5"}) {
        INFO(wrong);
        CHECK_FALSE(parse_decimal(wrong));
    }
}

TEST_CASE("rates are numbers by units of time", "[values]") {
    CHECK(parse_rate("20/s") == 20.0);
    CHECK(parse_rate("90/m") == 1.5);
    CHECK(parse_rate("90/min") == 1.5);
    CHECK(parse_rate("3600/h") == 1.0);
    CHECK(parse_rate("86400/d") == 1.0);
    CHECK(parse_rate("2/ms") == 2'000.0);
    for (const char* wrong :
         {"", "/", "20", "20/", "/s", "0/s", "-1/s", "1.5/s", "20 / s", "20/10s", "20/s/s", "20s"}) {
        INFO(wrong);
        CHECK_FALSE(parse_rate(wrong));
    }
}

TEST_CASE("characters are counted, not bytes", "[values]") {
    CHECK(characters_in("") == 0);
    CHECK(characters_in("a\xc3\xa4\xe2\x82\xac") == 3);
}

TEST_CASE("times have a unit", "[values]") {
    CHECK(parse_time("500ms") == 500ms);
    CHECK(parse_time("30s") == 30s);
    CHECK(parse_time("0.5s") == 500ms);
    CHECK(parse_time("2m") == 2min);
    CHECK(parse_time("1h") == 1h);
    CHECK(parse_time("30sec") == 30s);
    CHECK(parse_time("1min") == 1min);
    CHECK(parse_time("60 s") == 60s);
    CHECK(parse_time("7d") == 168h);
    CHECK(parse_time("1h30m") == 90min);
    CHECK(parse_time("1d2h3m4s5ms") == 26h + 3min + 4s + 5ms);
    CHECK(parse_time("0") == 0ms);
    CHECK(parse_time("0s") == 0ms);
    CHECK(parse_time("30") == 30s);
    CHECK(parse_time("0.25") == 250ms);
    for (const char* wrong : {"", "s", ".5", "-1s", "1  s", " 1s", "1s ", "1.2.3s", ".5s", "1e3s", "30secs", "1h30",
                              "30m1h", "1m1m", "1h 30m", "1hm", "inf", "nan", "30 "}) {
        INFO(wrong);
        CHECK_FALSE(parse_time(wrong));
    }
}

TEST_CASE("the longest time is the limit", "[values]") {
    const auto longest = limits::config_time_max.count();
    CHECK(parse_time(std::to_string(longest) + "ms") == limits::config_time_max);
    CHECK_FALSE(parse_time(std::to_string(longest + 1) + "ms"));
    CHECK_FALSE(parse_time(std::string(400, '9') + "d"));
    CHECK(parse_time("3650d", 87'600h) == 87'600h);
    CHECK_FALSE(parse_time("3650.1d", 87'600h));
}

TEST_CASE("sizes are bytes, with or without a unit", "[values]") {
    CHECK(parse_size("0") == 0);
    CHECK(parse_size("512") == 512);
    CHECK(parse_size("512B") == 512);
    CHECK(parse_size("64KiB") == 64_KiB);
    CHECK(parse_size("64kB") == 64'000);
    CHECK(parse_size("1MiB") == 1_MiB);
    CHECK(parse_size("1MB") == 1'000'000);
    CHECK(parse_size("2GiB") == 2'048_MiB);
    CHECK(parse_size("2GB") == 2'000'000'000);
    CHECK(parse_size("64K") == 64_KiB);
    CHECK(parse_size("64k") == 64_KiB);
    CHECK(parse_size("10M") == 10_MiB);
    CHECK(parse_size("2G") == 2'048_MiB);
    CHECK(parse_size("64KB") == 64'000);
    CHECK(parse_size("64kib") == 64_KiB);
    CHECK(parse_size("64 KiB") == 64_KiB);
    CHECK(parse_size("10m") == 10_MiB);
    CHECK(parse_size("10mb") == 10'000'000);
    CHECK(parse_size("17179869183GiB") == 17'179'869'183ULL * 1'024_MiB);
    for (const char* wrong : {"", "KiB", "1T", "1  MiB", "1.5MiB", "-1", "17179869184GiB", "1ki", "1 "}) {
        INFO(wrong);
        CHECK_FALSE(parse_size(wrong));
    }
}

}  // namespace ferrotunnel::config
