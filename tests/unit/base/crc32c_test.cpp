#include "base/crc32c.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace ferrotunnel;

// RFC 3720, B.4.
TEST_CASE("CRC-32C of known bytes") {
    CHECK(crc32c({}) == 0);
    CHECK(crc32c(as_bytes("123456789")) == 0xe306'9283);
    CHECK(crc32c(std::vector<std::uint8_t>(32, 0)) == 0x8a91'36aa);
    CHECK(crc32c(std::vector<std::uint8_t>(32, 0xff)) == 0x62a8'ab43);
    std::vector<std::uint8_t> rising;
    for (std::uint8_t i = 0; i < 32; ++i) {
        rising.push_back(i);
    }
    CHECK(crc32c(rising) == 0x46dd'794e);
}

TEST_CASE("CRC-32C continues where it stopped") {
    Bytes all = as_bytes("123456789");
    for (std::size_t i = 0; i <= all.size(); ++i) {
        CHECK(crc32c(all.subspan(i), crc32c(all.first(i))) == 0xe306'9283);
    }
}
