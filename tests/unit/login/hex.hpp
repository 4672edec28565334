// Hexadecimal text, so that expected bytes read as other tools print them.
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace ferrotunnel::test {

inline std::string hex(Bytes bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (std::uint8_t byte : bytes) {
        text += {digits[byte >> 4], digits[byte & 15]};
    }
    return text;
}

}  // namespace ferrotunnel::test
