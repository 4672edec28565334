// Bytes as hexadecimal digits, and back.
#pragma once

#include <cstddef>
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

/// What a digit of either case stands for; -1 if it is none.
constexpr int hex_value(char c) noexcept {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/// The byte for which "%XX" at `at` stands (RFC 3986, section 2.1); -1 if there is none.
constexpr int percent_byte(std::string_view text, std::size_t at) noexcept {
    if (text[at] != '%' || at + 2 >= text.size()) {
        return -1;
    }
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

}  // namespace ferrotunnel
