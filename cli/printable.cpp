#include "printable.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace ferrotunnel::cli {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool is_between(unsigned char byte, unsigned char low, unsigned char high) {
    return byte >= low && byte <= high;
}

// How many bytes the character at the front has; 0 if it is no character that may be shown. Overlong forms, surrogates
// and what is beyond U+10FFFF are no characters (RFC 3629, table 3-7 of Unicode).
std::size_t shown_length(std::string_view text) {
    const unsigned char first = byte_at(text, 0);
    const unsigned char second = byte_at(text, 1);
    const bool third = is_between(byte_at(text, 2), 0x80, 0xbf);
    const bool fourth = is_between(byte_at(text, 3), 0x80, 0xbf);
    if (first < 0x80) {
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    }
    if (is_between(first, 0xc2, 0xdf)) {
        // U+0080 to U+009F steer terminals as escape sequences do.
        return is_between(second, first == 0xc2 ? 0xa0 : 0x80, 0xbf) ? 2 : 0;
    }
    if (is_between(first, 0xe0, 0xef)) {
        const unsigned char low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned char high = first == 0xed ? 0x9f : 0xbf;
        return is_between(second, low, high) && third ? 3 : 0;
    }
    if (is_between(first, 0xf0, 0xf4)) {
        const unsigned char low = first == 0xf0 ? 0x90 : 0x80;
        const unsigned char high = first == 0xf4 ? 0x8f : 0xbf;
        return is_between(second, low, high) && third && fourth ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t length = shown_length(text);
        if (length == 0) {
            shown += fmt::format("\\x{:02x}", byte_at(text, 0));
            text.remove_prefix(1);
        } else {
            shown += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return shown;
}

void print_line(std::string_view line) {
    fmt::print("{}\n", printable(line));
}

}  // namespace ferrotunnel::cli
