#include "request-log/line_writer.hpp"

#include <algorithm>
#include <charconv>

#include "ferrotunnel/detail/shown_text.hpp"

namespace ferrotunnel::plugins {
namespace {

constexpr std::size_t text_bytes_max = 1'024;            // of one value
constexpr std::string_view cut_mark = ",\"cut\":true}";  // an object reserves room for it
constexpr std::size_t escape_bytes_max = 12;             // of one character: \udb40\udc01
constexpr char hex[] = "0123456789abcdef";

}  // namespace

void LineWriter::put(std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), left());
    text.copy(at_, size);
    at_ += size;
}

void LineWriter::put_number(std::uint64_t number) noexcept {
    char digits[20];
    const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
    put({digits, static_cast<std::size_t>(end - digits)});
}

void LineWriter::put_escaped(std::string_view text) noexcept {
    for (const char c : text.substr(0, text_bytes_max)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
            put({&c, 1});
        } else if (left() >= 4) {
            const char escaped[] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
            put({escaped, sizeof(escaped)});
        }
    }
}

void LineWriter::put_json(std::string_view text) noexcept {
    const bool is_long = text.size() > text_bytes_max;
    text = text.substr(0, text_bytes_max);
    const std::size_t kept = cut_mark.size() + 1 + escape_bytes_max;  // also for the quote
    for (std::size_t i = 0; i < text.size();) {
        if (left() <= kept) {
            is_cut_ = true;
            return;
        }
        const detail::FrontCharacter front = detail::front_character(text.substr(i));
        if (front.length == 0) {
            put("\\ufffd");
        } else if (front.code == '"' || front.code == '\\') {
            const char escaped[] = {'\\', text[i]};
            put({escaped, sizeof(escaped)});
        } else if (!detail::is_shown(front.code)) {
            put(detail::JsonEscape(front.code).text());
        } else {
            put(text.substr(i, front.length));
        }
        i += std::max<std::size_t>(front.length, 1);
    }
    is_cut_ = is_cut_ || is_long;
}

bool LineWriter::begin_member(std::string_view prefix, std::string_view name, std::size_t value_bytes) noexcept {
    constexpr std::size_t marks = 4;  // a comma or brace, two quotes, a colon
    if (left() < marks + prefix.size() + name.size() + value_bytes + cut_mark.size()) {
        is_cut_ = true;
        return false;
    }
    put(at_ == begin_ ? "{\"" : ",\"");
    put(prefix);
    put(name);
    put("\":");
    return true;
}

void LineWriter::member(std::string_view prefix, std::string_view name, std::string_view text) noexcept {
    if (begin_member(prefix, name, 2 + escape_bytes_max)) {
        put("\"");
        put_json(text);
        put("\"");
    }
}

void LineWriter::member_number(std::string_view name, std::uint64_t number) noexcept {
    if (begin_member({}, name, 20)) {
        put_number(number);
    }
}

void LineWriter::member_boolean(std::string_view name, bool value) noexcept {
    if (begin_member({}, name, 5)) {
        put(value ? "true" : "false");
    }
}

void LineWriter::end_object() noexcept {
    put(is_cut_ ? cut_mark : "}");
}

std::size_t LineWriter::end() noexcept {
    *at_++ = '\n';
    return static_cast<std::size_t>(at_ - begin_);
}

}  // namespace ferrotunnel::plugins
