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
