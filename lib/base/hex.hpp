// Bytes as hexadecimal digits, and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
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

/// The value of a digit of either case; -1 if it is not a digit.
constexpr int hex_value(char c) noexcept {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/// Decodes text with exactly two digits, of either case, for each byte of `into`. False if the text is invalid, and
/// `into` may have been written.
constexpr bool from_hex(std::string_view text, std::span<std::uint8_t> into) noexcept {
    if (text.size() != 2 * into.size()) {
        return false;
    }
    for (std::size_t i = 0; i < into.size(); ++i) {
        const int high = hex_value(text[2 * i]);
        const int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        into[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return true;
}

}  // namespace ferrotunnel
