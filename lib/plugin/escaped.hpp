// Escapes a plugin's text for the log, where its author must see invisible characters, such as a line end in a field.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace ferrotunnel::plugin {

/// Like printable(), with ASCII control characters as \r, \n, \t or \x1b.
inline std::string escaped(std::string_view text, std::size_t bytes_max) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string all;
    for (const char c : text.substr(0, bytes_max)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r' || c == '\n' || c == '\t') {
            all += c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            all.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
        } else {
            all += c;
        }
    }
    return printable(all, bytes_max);
}

}  // namespace ferrotunnel::plugin
