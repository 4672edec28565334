#include "http/date.hpp"

#include <catch2/catch.hpp>
#include <ctime>
#include <string>

using namespace ferrotunnel::http;

namespace {

std::string text_of(std::int64_t seconds) {
    const DateText text = date_text(seconds);
    return {text.data(), text.size()};
}

}  // namespace

TEST_CASE("a date is written as RFC 9110 has it") {
    CHECK(text_of(784'111'777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(text_of(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(text_of(951'782'400 + 86'399) == "Tue, 29 Feb 2000 23:59:59 GMT");
    CHECK(text_of(253'402'300'799) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_CASE("every day of fifty years is the one that the C library has") {
    for (std::int64_t at = 0; at < 50LL * 366 * 86'400; at += 86'400 + 3'661) {
        const std::time_t when = at;
        std::tm parts{};
        ::gmtime_r(&when, &parts);
        char expected[64];
        REQUIRE(std::strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts) == 29);
        REQUIRE(text_of(at) == expected);
    }
}
