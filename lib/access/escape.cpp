#include "access/escape.hpp"

#include "base/hex.hpp"
#include "base/text.hpp"
#include "ferrotunnel/detail/shown_text.hpp"

namespace ferrotunnel::access {
namespace {

bool is_plain(unsigned char byte) noexcept {
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/// Appends the first part of `text`, up to a character that needs an escape, and returns the rest.
std::string_view append_plain(std::string& line, std::string_view text) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(static_cast<unsigned char>(text[plain]))) {
        ++plain;
    }
    line += text.substr(0, plain);
    return text.substr(plain);
}

}  // namespace

void append_escaped(std::string& line, std::string_view text) {
    for (text = append_plain(line, text); !text.empty(); text = append_plain(line, text.substr(1))) {
        const auto byte = static_cast<unsigned char>(text.front());
        if (byte == '"' || byte == '\\') {
            line += '\\';
            line += text.front();
        } else {
            line += "\\x";
            append_hex(line, byte);
        }
    }
}

void append_json(std::string& line, std::string_view text) {
    const bool utf8 = is_utf8(text);
    line += '"';
    for (text = append_plain(line, text); !text.empty(); text = append_plain(line, text)) {
        const char c = text.front();
        const detail::FrontCharacter front = detail::front_character(text);
        const std::size_t length = utf8 ? front.length : 1;
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (!utf8 && static_cast<unsigned char>(c) >= 0x80) {
            line += "\\ufffd";
        } else if (detail::is_shown(front.code)) {
            line += text.substr(0, length);
        } else {
            line += detail::JsonEscape(front.code).text();
        }
        text.remove_prefix(length);
    }
    line += '"';
}

}  // namespace ferrotunnel::access
