// Bytes as the documents write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hex.hpp"

namespace ferrotunnel::test {

/// "00 01 ff" or "0001ff" -> bytes; spaces are ignored.
inline std::vector<std::uint8_t> from_hex(std::string_view text) {
    std::vector<std::uint8_t> out;
    int high = -1;
    for (char c : text) {
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) {
            continue;
        }
        if (high < 0) {
            high = digit;
        } else {
            out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
            high = -1;
        }
    }
    return out;
}

using ferrotunnel::to_hex;

/// The text without its spaces.
inline std::string hex(std::string_view text) {
    return to_hex(from_hex(text));
}

}  // namespace ferrotunnel::test
