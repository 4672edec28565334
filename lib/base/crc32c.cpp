#include "base/crc32c.hpp"

#include <array>

namespace ferrotunnel {

namespace {

constexpr std::uint32_t polynomial = 0x82f6'3b78;  // 0x1edc6f41 with its bits reversed

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
        }
        table[byte] = value;
    }
    return table;
}

constexpr auto table = make_table();

}  // namespace

std::uint32_t crc32c(Bytes bytes, std::uint32_t before) noexcept {
    std::uint32_t value = ~before;
    for (std::uint8_t byte : bytes) {
        value = value >> 8 ^ table[(value ^ byte) & 0xff];
    }
    return ~value;
}

}  // namespace ferrotunnel
