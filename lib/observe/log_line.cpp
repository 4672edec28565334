#include "observe/log_line.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/hex.hpp"

namespace ferrotunnel::observe {
namespace {

bool is_control(unsigned char c) {
    return c < 0x20 || c == 0x7f;
}

// The length of the UTF-8 sequence that begins `text`, or 0 when there is none (RFC 3629: no overlong forms, no
// surrogates, nothing beyond U+10FFFF).
std::size_t utf8_length(std::string_view text) {
    auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto continues = [&](std::size_t n) {
        if (text.size() < n) {
            return false;
        }
        for (std::size_t i = 1; i < n; ++i) {
            if ((byte(i) & 0xc0) != 0x80) {
                return false;
            }
        }
        return true;
    };
    unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return continues(2) ? 2 : 0;
    }
    if (first >= 0xe0 && first <= 0xef && continues(3)) {
        bool overlong = first == 0xe0 && byte(1) < 0xa0;
        bool surrogate = first == 0xed && byte(1) >= 0xa0;
        return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xf0 && first <= 0xf4 && continues(4)) {
        bool overlong = first == 0xf0 && byte(1) < 0x90;
        bool beyond = first == 0xf4 && byte(1) >= 0x90;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

// C1 controls (U+0080 to U+009F) steer terminals too.
bool is_c1_control(std::string_view sequence) {
    return sequence.size() == 2 && static_cast<unsigned char>(sequence[0]) == 0xc2 &&
           static_cast<unsigned char>(sequence[1]) < 0xa0;
}

void append_byte_escape(std::string& out, std::string_view prefix, unsigned char c) {
    out += prefix;
    append_hex(out, c);
}

void append_printable(std::string& out, std::string_view text, bool in_quotes) {
    while (!text.empty()) {
        auto c = static_cast<unsigned char>(text.front());
        std::size_t length = utf8_length(text);
        if (in_quotes && (c == '"' || c == '\\')) {
            out += '\\';
            out += text.front();
        } else if (c == '\n') {
            out += "\\n";
        } else if (length == 0 || is_control(c) || is_c1_control(text.substr(0, length))) {
            length = length == 0 ? 1 : length;
            for (char raw : text.substr(0, length)) {
                append_byte_escape(out, "\\x", static_cast<unsigned char>(raw));
            }
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
}

bool needs_quotes(std::string_view value) {
    if (value.empty()) {
        return true;
    }
    for (char raw : value) {
        auto c = static_cast<unsigned char>(raw);
        if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c >= 0x7f) {
            return true;
        }
    }
    return false;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        auto c = static_cast<unsigned char>(text.front());
        std::size_t length = utf8_length(text);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text.front();
        } else if (is_control(c)) {
            append_byte_escape(out, "\\u00", c);
        } else if (length == 0) {
            out += "\xef\xbf\xbd";
            length = 1;
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    out += '"';
}

bool is_reserved(std::string_view key) {
    return key == "ts" || key == "level" || key == "msg";
}

}  // namespace

std::string text_line(std::string_view message, std::span<const LogPair> fields) {
    std::string line;
    append_printable(line, message, false);
    if (!fields.empty()) {
        line += ' ';
    }
    for (const LogPair& field : fields) {
        line += ' ';
        append_printable(line, field.key, false);
        line += '=';
        bool quotes = needs_quotes(field.value);
        line += quotes ? "\"" : "";
        append_printable(line, field.value, quotes);
        line += quotes ? "\"" : "";
    }
    return line;
}

std::string json_rest(std::string_view message, std::span<const LogPair> fields) {
    std::string line = ",\"msg\":";
    append_json_string(line, message);
    for (const LogPair& field : fields) {
        line += ',';
        append_json_string(line, is_reserved(field.key) ? std::string(field.key) + '_' : std::string(field.key));
        line += ':';
        append_json_string(line, field.value);
    }
    line += '}';
    return line;
}

}  // namespace ferrotunnel::observe
