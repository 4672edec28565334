#include "base/text.hpp"

#include <algorithm>
#include <cstdint>

#include "ferrotunnel/detail/shown_text.hpp"

namespace ferrotunnel {

namespace {

std::size_t decode_front(std::string_view text, std::uint32_t& character) noexcept {
    const detail::FrontCharacter front = detail::front_character(text);
    character = front.code;
    return front.length;
}

bool is_control(std::uint32_t character) noexcept {
    return character < 0x20 || (character >= 0x7f && character <= 0x9f);
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        std::uint32_t character = 0;
        std::size_t length = decode_front(text, character);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

bool is_printable(std::string_view text) noexcept {
    while (!text.empty()) {
        std::uint32_t character = 0;
        std::size_t length = decode_front(text, character);
        if (length == 0 || is_control(character)) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view text, std::size_t bytes_max) {
    std::string out;
    while (!text.empty()) {
        std::uint32_t character = 0;
        std::size_t length = decode_front(text, character);
        bool allowed = length != 0 && !is_control(character);
        length = length == 0 ? 1 : length;
        std::string_view piece = allowed ? text.substr(0, length) : std::string_view("?");
        if (out.size() + piece.size() > bytes_max) {
            break;
        }
        out += piece;
        text.remove_prefix(length);
    }
    return out;
}

namespace {

constexpr std::size_t quoted_length_max = 60;

bool is_within_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::string in_quotes(std::string_view text) {
    std::size_t length = std::min(text.size(), quoted_length_max);
    while (length < text.size() && length > 0 && is_within_character(text[length])) {
        --length;
    }
    return '"' + std::string(text.substr(0, length)) + (length < text.size() ? "...\"" : "\"");
}

std::string in_backticks(std::string_view text) {
    return '`' + std::string(text) + '`';
}

}  // namespace ferrotunnel
