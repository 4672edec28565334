#include "common/hex.hpp"

#include <cstddef>

namespace ferrotunnel::plugins {

bool decode_hex(std::string_view hex, std::span<std::uint8_t> out) noexcept {
    if (hex.size() != 2 * out.size()) {
        return false;
    }
    for (std::size_t i = 0; i < hex.size(); ++i) {
        const char c = hex[i];
        const int value = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (value < 0) {
            return false;
        }
        const int before = i % 2 == 0 ? 0 : out[i / 2];
        out[i / 2] = static_cast<std::uint8_t>(before * 16 + value);
    }
    return true;
}

}  // namespace ferrotunnel::plugins
