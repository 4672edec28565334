#include "base/base64url.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

#include "support/seeded_random.hpp"

using namespace ferrotunnel;

TEST_CASE("base64url gives the texts of RFC 4648, without padding") {
    CHECK(encode_base64url(as_bytes("")) == "");
    CHECK(encode_base64url(as_bytes("f")) == "Zg");
    CHECK(encode_base64url(as_bytes("fo")) == "Zm8");
    CHECK(encode_base64url(as_bytes("foo")) == "Zm9v");
    CHECK(encode_base64url(as_bytes("foob")) == "Zm9vYg");
    CHECK(encode_base64url(as_bytes("foobar")) == "Zm9vYmFy");
    const std::array<std::uint8_t, 3> high{0xfb, 0xff, 0xfe};
    CHECK(encode_base64url(high) == "-__-");
}

TEST_CASE("base64url comes back as it went") {
    test::SeededRandom random(1);
    for (std::size_t size = 0; size < 70; ++size) {
        std::vector<std::uint8_t> bytes(size);
        random.fill(bytes);
        std::vector<std::uint8_t> back(size);
        REQUIRE(decode_base64url(encode_base64url(bytes), back));
        CHECK(back == bytes);
    }
}

TEST_CASE("base64url refuses every second spelling") {
    std::array<std::uint8_t, 1> one{};
    CHECK(decode_base64url("Zg", one));
    CHECK_FALSE(decode_base64url("Zh", one));    // unused bits are set
    CHECK_FALSE(decode_base64url("Zg==", one));  // padding
    CHECK_FALSE(decode_base64url("Z", one));
    CHECK_FALSE(decode_base64url("Zg ", one));
    std::array<std::uint8_t, 3> three{};
    CHECK_FALSE(decode_base64url("+//+", three));  // the other alphabet
    CHECK_FALSE(decode_base64url(std::string_view("Zm\0v", 4), three));
}
