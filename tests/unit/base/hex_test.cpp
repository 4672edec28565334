#include "base/hex.hpp"

#include <array>
#include <catch2/catch.hpp>

using namespace ferrotunnel;

TEST_CASE("hex: each byte is two digits in lower case") {
    const std::array<std::uint8_t, 4> bytes{0x00, 0x0f, 0xa0, 0xff};
    CHECK(to_hex(bytes) == "000fa0ff");
    CHECK(to_hex({}).empty());
    std::string text = "\\x";
    append_hex(text, std::uint8_t{0x7f});
    append_hex(text, Bytes(bytes).first(2));
    CHECK(text == "\\x7f000f");
}

TEST_CASE("hex: a digit of either case has its value, and nothing else has one") {
    int digits = 0;
    for (int c = -128; c < 128; ++c) {
        const int value = hex_value(static_cast<char>(c));
        digits += value >= 0 ? 1 : 0;
        CHECK((value < 0 || std::string_view("0123456789abcdef0123456789ABCDEF").find(static_cast<char>(c)) % 16 ==
                                static_cast<std::size_t>(value)));
    }
    CHECK(digits == 22);
}

TEST_CASE("hex: exactly two digits for each byte are read, of either case") {
    std::array<std::uint8_t, 2> bytes{};
    REQUIRE(from_hex("a0Ff", bytes));
    CHECK(to_hex(bytes) == "a0ff");
    for (const std::string_view text : {"", "a0f", "a0ff0", "a0ff00", "a0fg", "-0ff", "a0 f"}) {
        CHECK_FALSE(from_hex(text, bytes));
    }
    CHECK(from_hex("", {}));
}
