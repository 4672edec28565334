// Byte order marks in front of small text files, such as tokens, lists of users and configurations.
#pragma once

#include <string_view>

namespace ferrotunnel::detail {

/// Removes an invisible UTF-8 byte order mark, as some editors write it, from the front of `text`. Returns what is
/// wrong with the encoding, worded to follow a file name; empty if it is valid.
constexpr std::string_view take_byte_order_mark(std::string_view& text) noexcept {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    if (text.starts_with(mark)) {
        text.remove_prefix(mark.size());
        return {};
    }
    // Without a mark, UTF-16 is recognized by one zero byte next to the first character.
    const bool is_utf16 = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff") ||
                          (text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0'));
    return is_utf16 ? std::string_view("is UTF-16, as PowerShell's `>` writes it; save it as UTF-8")
                    : std::string_view();
}

}  // namespace ferrotunnel::detail
