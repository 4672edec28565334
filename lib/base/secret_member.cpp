#include "base/secret_member.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/hex.hpp"
#include "base/wipe.hpp"

namespace ferrotunnel {
namespace {

constexpr std::string_view spaces = " \t\r\n";
constexpr std::size_t escape_max = 6;  // "\u001f"

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20;
}

void append_escaped(std::string& text, char c) {
    if (c == '"' || c == '\\') {
        text.append({'\\', c});
    } else if (c == '\n') {
        text += "\\n";
    } else if (is_control(c)) {
        text += "\\u00";
        append_hex(text, static_cast<std::uint8_t>(c));
    } else {
        text += c;
    }
}

// The end of the string that begins behind its quotation mark at `at`: the place of the other one.
std::size_t end_of_string(std::string_view text, std::size_t at) {
    while (at < text.size() && text[at] != '"') {
        at += text[at] == '\\' ? 2 : 1;
    }
    return at < text.size() ? at : std::string_view::npos;
}

// Characters outside ASCII stay as they are; as \u they are refused, since no key has any.
bool append_unescaped(std::string& to, std::string_view& from) {
    constexpr std::string_view marks = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (from.front() != '\\') {
        to += from.front();
        from.remove_prefix(1);
        return true;
    }
    if (from.size() >= escape_max && from[1] == 'u') {
        std::array<std::uint8_t, 2> code{};
        if (!from_hex(from.substr(2, 4), MutableBytes(code)) || code[0] != 0 || code[1] >= 0x80) {
            return false;
        }
        to += static_cast<char>(code[1]);
        from.remove_prefix(escape_max);
        return true;
    }
    const std::size_t which = from.size() > 1 ? marks.find(from[1]) : std::string_view::npos;
    if (which == std::string_view::npos) {
        return false;
    }
    to += meanings[which];
    from.remove_prefix(2);
    return true;
}

// A string in a text, without its quotation marks.
struct Place {
    std::size_t from;
    std::size_t to;
};

// The value of a member of the outermost object.
std::optional<Place> place_of(std::string_view text, std::string_view name) {
    int depth = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        depth += text[at] == '{' || text[at] == '[' ? 1 : text[at] == '}' || text[at] == ']' ? -1 : 0;
        if (text[at] != '"') {
            continue;
        }
        const std::size_t end = end_of_string(text, at + 1);
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        const bool is_named = depth == 1 && text.substr(at + 1, end - at - 1) == name;
        const std::size_t colon = text.find_first_not_of(spaces, end + 1);
        if (is_named && colon != std::string_view::npos && text[colon] == ':') {
            const std::size_t quote = text.find_first_not_of(spaces, colon + 1);
            const bool is_string = quote != std::string_view::npos && text[quote] == '"';
            const std::size_t last = is_string ? end_of_string(text, quote + 1) : std::string_view::npos;
            return last == std::string_view::npos ? std::nullopt : std::optional(Place{quote + 1, last});
        }
        at = end;
    }
    return std::nullopt;
}

}  // namespace

std::string with_secret_member(std::string_view object, std::string_view name, std::string_view secret) {
    object = object.substr(0, object.find_last_of('}'));
    object = object.substr(0, object.find_last_not_of(spaces) + 1);
    const bool is_indented = object.find('\n') != std::string_view::npos;
    std::string text;
    text.reserve(object.size() + name.size() + escape_max * secret.size() + 32);
    text.append(object).append(object.ends_with('{') ? "" : ",").append(is_indented ? "\n  " : "");
    text.append("\"").append(name).append("\": \"");
    for (const char c : secret) {
        append_escaped(text, c);
    }
    return text.append(is_indented ? "\"\n}\n" : "\"}\n");
}

std::optional<TakenMember> take_secret_member(std::string_view object, std::string_view name) {
    const std::optional<Place> place = place_of(object, name);
    if (!place) {
        return std::nullopt;
    }
    TakenMember taken;
    taken.rest.append(object.substr(0, place->from)).append(object.substr(place->to));
    std::string_view escaped = object.substr(place->from, place->to - place->from);
    taken.secret.reserve(escaped.size());
    while (!escaped.empty()) {
        if (is_control(escaped.front()) || !append_unescaped(taken.secret, escaped)) {
            wipe(taken.secret);
            return std::nullopt;
        }
    }
    return taken;
}

}  // namespace ferrotunnel
