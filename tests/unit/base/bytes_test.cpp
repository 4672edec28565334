#include "base/bytes.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>

namespace ferrotunnel {
namespace {

TEST_CASE("integers are written most significant byte first", "[bytes]") {
    std::array<std::uint8_t, 10> raw{};
    store_be<2>(raw.data() + 1, 0x1234);
    REQUIRE(raw == std::array<std::uint8_t, 10>{0, 0x12, 0x34});
    store_be<4>(raw.data(), 0xdeadbeef);
    REQUIRE(raw == std::array<std::uint8_t, 10>{0xde, 0xad, 0xbe, 0xef});
    store_be<8>(raw.data() + 1, 0x0102'0304'0506'0708);
    REQUIRE(raw == std::array<std::uint8_t, 10>{0xde, 1, 2, 3, 4, 5, 6, 7, 8, 0});
    store_be<1>(raw.data() + 9, 0x1ff);  // what does not fit is cut off
    REQUIRE(raw[9] == 0xff);
}

TEST_CASE("integers are read most significant byte first, at any address", "[bytes]") {
    const std::array<std::uint8_t, 9> raw{0xff, 0x80, 2, 3, 4, 5, 6, 7, 8};
    REQUIRE(load_be<1>(raw.data()) == 0xff);
    REQUIRE(load_be<2>(raw.data()) == 0xff80);
    REQUIRE(load_be<3>(raw.data()) == 0xff8002);
    REQUIRE(load_be<8>(raw.data() + 1) == 0x8002'0304'0506'0708);
}

TEST_CASE("what was written is read again", "[bytes]") {
    std::array<std::uint8_t, 8> raw{};
    std::uint64_t value = GENERATE(as<std::uint64_t>{}, 0, 1, 0xff, 0x100, 0x7fff'ffff'ffff'ffff, ~0ULL);
    store_be<8>(raw.data(), value);
    REQUIRE(load_be<8>(raw.data()) == value);
    store_be<4>(raw.data(), value);
    REQUIRE(load_be<4>(raw.data()) == (value & 0xffff'ffff));
}

constexpr bool agrees_when_compiled() {
    std::array<std::uint8_t, 8> raw{};
    store_be<8>(raw.data(), 0x8002'0304'0506'0708);
    return raw[0] == 0x80 && raw[7] == 8 && load_be<8>(raw.data()) == 0x8002'0304'0506'0708 &&
           load_be<4>(raw.data() + 4) == 0x0506'0708 && load_be<2>(raw.data()) == 0x8002;
}
static_assert(agrees_when_compiled());

TEST_CASE("text and bytes are views of each other", "[bytes]") {
    std::string_view text("a\0\xff", 3);
    REQUIRE(as_bytes(text).size() == 3);
    REQUIRE(as_bytes(text)[2] == 0xff);
    REQUIRE(as_text(as_bytes(text)) == text);
    REQUIRE(as_bytes("").empty());
    REQUIRE(as_text({}).empty());
}

}  // namespace
}  // namespace ferrotunnel
