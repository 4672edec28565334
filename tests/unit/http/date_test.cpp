#include "http/date.hpp"

#include <catch2/catch.hpp>
#include <ctime>
#include <string>

using namespace ferrotunnel::http;

namespace {

std::string text_of_date(std::int64_t seconds) {
    const DateText text = date_text(seconds);
    return {text.data(), text.size()};
}

}  // namespace

TEST_CASE("a date is written as RFC 9110 has it") {
    CHECK(text_of_date(784'111'777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(text_of_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(text_of_date(951'782'400 + 86'399) == "Tue, 29 Feb 2000 23:59:59 GMT");
    CHECK(text_of_date(253'402'300'799) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_CASE("every day of fifty years is the one that the C library has") {
    for (std::int64_t at = 0; at < 50LL * 366 * 86'400; at += 86'400 + 3'661) {
        const std::time_t when = at;
        std::tm parts{};
        ::gmtime_r(&when, &parts);
        char expected[64];
        REQUIRE(std::strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts) == 29);
        REQUIRE(text_of_date(at) == expected);
    }
}

TEST_CASE("a date is read in each form that recipients have to take") {
    CHECK(read_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784'111'777);
    CHECK(read_date("Sunday, 06-Nov-94 08:49:37 GMT") == 784'111'777);
    CHECK(read_date("Sun Nov  6 08:49:37 1994") == 784'111'777);
    CHECK(read_date("Wed Nov 16 08:49:37 1994") == 784'111'777 + 10 * 86'400);
    CHECK(read_date("sun, 06 nov 1994 08:49:37 GMT") == 784'111'777);
    CHECK(read_date("Thursday, 01-Jan-70 00:00:00 GMT") == 0);
    CHECK(read_date("Tuesday, 01-Jan-69 00:00:00 GMT") == 3'124'224'000);  // 2069
    CHECK(read_date("Sat, 31 Dec 2016 23:59:60 GMT") == 1'483'228'800);
    for (std::int64_t at = 0; at < 200LL * 366 * 86'400; at += 86'400 * 11 + 3'661) {
        REQUIRE(read_date(text_of_date(at)) == at);
    }
}

TEST_CASE("what is not a valid date is not read") {
    for (const char* text : {"",
                             "Sun",
                             "0",
                             "Sun, 06 Nov 1994 08:49:37",
                             "Sun, 06 Nov 1994 08:49:37 UTC",
                             "Sun, 6 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 08:49:37 GMT ",
                             " Sun, 06 Nov 1994 08:49:37 GMT",
                             "Sun, 31 Feb 1994 08:49:37 GMT",
                             "Sun, 00 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 24:49:37 GMT",
                             "Sun, 06 Nov 1994 08:60:37 GMT",
                             "Sun, 06 Nov 1994 08:49:61 GMT",
                             "Sun, 06 Now 1994 08:49:37 GMT",
                             "Sum, 06 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov -994 08:49:37 GMT",
                             "Sunday, 06-Nov-1994 08:49:37 GMT",
                             "Sun, 06-Nov-94 08:49:37 GMT",
                             "Sunday, 06 Nov 1994 08:49:37 GMT",
                             "Sun Nov 6 08:49:37 1994",
                             "Sun Nov  6 08:49:37 1994 GMT",
                             "Sun Nov  6 08:49:37 +994",
                             "SunNov  6 08:49:37 1994"}) {
        INFO(text);
        CHECK_FALSE(read_date(text));
    }
}
