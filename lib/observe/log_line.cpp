#include "observe/log_line.hpp"

#include <algorithm>
#include <cstddef>

#include "base/hex.hpp"
#include "ferrotunnel/detail/shown_text.hpp"

namespace ferrotunnel::observe {
namespace {

void append_byte_escape(std::string& out, std::string_view prefix, unsigned char c) {
    out += prefix;
    append_hex(out, c);
}

void append_printable(std::string& out, std::string_view text, bool in_quotes) {
    while (!text.empty()) {
        auto c = static_cast<unsigned char>(text.front());
        std::size_t length = detail::shown_length(text);
        if (in_quotes && (c == '"' || c == '\\')) {
            out += '\\';
            out += text.front();
        } else if (c == '\n') {
            out += "\\n";
            length = 1;
        } else if (length == 0) {
            length = std::max<std::size_t>(detail::front_character(text).length, 1);
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
        const detail::FrontCharacter front = detail::front_character(text);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text.front();
        } else if (front.length == 0) {
            out += "\xef\xbf\xbd";
        } else if (!detail::is_shown(front.code)) {
            out += detail::JsonEscape(front.code).text();
        } else {
            out += text.substr(0, front.length);
        }
        text.remove_prefix(std::max<std::size_t>(front.length, 1));
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
