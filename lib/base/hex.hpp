// Bytes as lower-case hexadecimal digits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace ferrotunnel {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

inline void append_hex(std::string& to, std::uint8_t byte) {
    to += hex_digits[byte >> 4U];
    to += hex_digits[byte & 15U];
}

inline void append_hex(std::string& to, Bytes bytes) {
    for (const std::uint8_t byte : bytes) {
        append_hex(to, byte);
    }
}

inline std::string to_hex(Bytes bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    append_hex(text, bytes);
    return text;
}

}  // namespace ferrotunnel
