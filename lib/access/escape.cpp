#include "access/escape.hpp"

#include "base/hex.hpp"
#include "base/text.hpp"

namespace ferrotunnel::access {
namespace {

bool is_plain(unsigned char byte) noexcept {
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/// Appends the beginning of `text` that needs no escape, and returns the rest.
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
    for (text = append_plain(line, text); !text.empty(); text = append_plain(line, text.substr(1))) {
        const auto byte = static_cast<unsigned char>(text.front());
        if (byte == '"' || byte == '\\') {
            line += '\\';
            line += text.front();
        } else if (byte < 0x80) {
            line += "\\u00";
            append_hex(line, byte);
        } else if (utf8) {
            line += text.front();
        } else {
            line += "\\ufffd";
        }
    }
    line += '"';
}

}  // namespace ferrotunnel::access
