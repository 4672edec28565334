#include "base/percent.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;

TEST_CASE("percent: %XX is one byte, and what only begins like it is none") {
    CHECK(percent_byte("a%2fb", 1) == '/');
    CHECK(percent_byte("%fF", 0) == 0xff);
    CHECK(percent_byte("%00", 0) == 0);
    for (const std::string_view text : {"a", "%", "%4", "%g0", "%0g", "% 1", "4%1"}) {
        CHECK(percent_byte(text, 0) == -1);
    }
}

TEST_CASE("percent: everything but unreserved characters is encoded, and comes back") {
    CHECK(percent_encoded("a b<\xc3\xa4/:%") == "a%20b%3C%C3%A4%2F%3A%25");
    CHECK(percent_encoded("AZaz09-._~") == "AZaz09-._~");
    std::string every;
    for (int c = 0; c < 256; ++c) {
        every += static_cast<char>(c);
    }
    CHECK(percent_decoded(percent_encoded(every)) == every);
    CHECK(percent_decoded_strictly(percent_encoded(every)) == every);
}

TEST_CASE("percent: a '%' without two digits stays as it is, or is refused where that is asked for") {
    CHECK(percent_decoded("%zz%4") == "%zz%4");
    CHECK(percent_decoded("%41%") == "A%");
    CHECK(percent_decoded("%2541") == "%41");
    CHECK(percent_decoded_strictly("%41b") == "Ab");
    for (const std::string_view text : {"%", "a%4", "%zz", "%41%", "%%41"}) {
        CHECK_FALSE(percent_decoded_strictly(text));
    }
}
