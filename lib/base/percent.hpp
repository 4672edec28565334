// Percent-encoding (RFC 3986, section 2.1).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/hex.hpp"

namespace ferrotunnel {

/// Whether a byte is unreserved in URLs (section 2.3), so that encoding it changes nothing.
constexpr bool is_unreserved(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

/// The byte encoded as "%XX" at `at` (RFC 3986, section 2.1); -1 if there is none.
constexpr int percent_byte(std::string_view text, std::size_t at) noexcept {
    if (text[at] != '%' || at + 2 >= text.size()) {
        return -1;
    }
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/// Appends the byte as "%XX", in upper case.
void append_percent(std::string& to, char byte);

/// The text with everything encoded that is not unreserved (section 2.3).
std::string percent_encoded(std::string_view text);

/// The text with all its "%XX" decoded. A '%' without two hexadecimal digits after it stays as it is.
std::string percent_decoded(std::string_view text);

/// Like percent_decoded(); empty if there is such a '%'.
std::optional<std::string> percent_decoded_strictly(std::string_view text);

}  // namespace ferrotunnel
