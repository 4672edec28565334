// Characters that may be printed unchanged in a line for a terminal or a log. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferrotunnel::detail {

/// The character at the front of a text.
struct FrontCharacter {
    std::uint32_t code = 0;
    std::size_t length = 0;  // in bytes; 0: not valid UTF-8 (RFC 3629), or the text is empty
};

/// Decodes the first character; rejects overlong forms, surrogates, and code points beyond U+10FFFF.
constexpr FrontCharacter front_character(std::string_view text) noexcept {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    if (text.empty() || byte(0) < 0x80) {
        return {text.empty() ? 0U : byte(0), text.empty() ? 0U : 1U};
    }
    const std::uint8_t first = byte(0);
    const std::size_t length = first < 0xc2 ? 0U : first < 0xe0 ? 2U : first < 0xf0 ? 3U : first < 0xf5 ? 4U : 0U;
    if (length == 0 || length > text.size()) {
        return {};
    }
    std::uint32_t code = first & (0x7fU >> length);
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xc0U) != 0x80) {
            return {};
        }
        code = code << 6U | (byte(at) & 0x3fU);
    }
    const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x1'0000);
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    return is_overlong || is_surrogate || code > 0x10'ffff ? FrontCharacter{} : FrontCharacter{code, length};
}

/// Whether a character is printable. Excludes those that control a terminal or end a line (C0, DEL, C1, U+2028,
/// U+2029), change the text direction, or are invisible.
constexpr bool is_shown(std::uint32_t code) noexcept {
    if (code < 0xad) {
        return code >= 0x20 && (code < 0x7f || code > 0x9f);
    }
    const auto is_between = [code](std::uint32_t low, std::uint32_t high) { return code >= low && code <= high; };
    return code != 0xad && code != 0x61c && code != 0x180e && code != 0xfeff && !is_between(0x200b, 0x200f) &&
           !is_between(0x2028, 0x202e) && !is_between(0x2060, 0x206f) && !is_between(0xfff9, 0xfffb) &&
           !is_between(0xe0000, 0xe007f);
}

/// The length of the first character if it may be printed unchanged; otherwise 0.
constexpr std::size_t shown_length(std::string_view text) noexcept {
    const FrontCharacter front = front_character(text);
    return is_shown(front.code) ? front.length : 0;
}

/// The JSON escape of a character: "\u202e", or two of these beyond U+FFFF.
class JsonEscape {
public:
    constexpr explicit JsonEscape(std::uint32_t code) noexcept {
        if (code > 0xffff) {
            add(0xd800U + ((code - 0x10000U) >> 10U));
            add(0xdc00U + ((code - 0x10000U) & 0x3ffU));
        } else {
            add(code);
        }
    }
    constexpr std::string_view text() const noexcept { return {text_, size_}; }

private:
    constexpr void add(std::uint32_t unit) noexcept {
        constexpr char digits[] = "0123456789abcdef";
        text_[size_++] = '\\';
        text_[size_++] = 'u';
        for (int shift = 12; shift >= 0; shift -= 4) {
            text_[size_++] = digits[unit >> static_cast<unsigned>(shift) & 15U];
        }
    }

    char text_[12]{};
    std::size_t size_ = 0;
};

}  // namespace ferrotunnel::detail
