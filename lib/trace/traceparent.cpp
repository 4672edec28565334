#include "trace/traceparent.hpp"

#include <algorithm>

#include "base/hex.hpp"

namespace ferrotunnel::trace {
namespace {

constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = 36;
constexpr std::size_t flags_at = 53;
constexpr std::uint8_t sampled_flag = 1;

// A digit of traceparent, where capital letters are invalid. -1 if it is not a digit.
int digit_of(char c) noexcept {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

template <std::size_t n>
bool read_hex(std::string_view text, std::array<std::uint8_t, n>& into) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        const int high = digit_of(text[2 * i]);
        const int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        into[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

template <std::size_t n>
bool is_zero(const std::array<std::uint8_t, n>& id) noexcept {
    return id == std::array<std::uint8_t, n>{};
}

bool is_lower_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_key(std::string_view key) noexcept {
    constexpr std::size_t key_max = 256;
    constexpr std::string_view marks = "_-*/@";
    return !key.empty() && key.size() <= key_max && is_lower_or_digit(key.front()) &&
           std::all_of(key.begin(), key.end(),
                       [&](char c) { return is_lower_or_digit(c) || marks.find(c) != std::string_view::npos; });
}

bool is_value(std::string_view value) noexcept {
    constexpr std::size_t value_max = 256;
    return !value.empty() && value.size() <= value_max && value.back() != ' ' &&
           std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

std::string_view without_blanks(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t";
    const std::size_t begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

}  // namespace

Traceparent::Text Traceparent::text() const noexcept {
    Text text;
    text.fill('0');
    text[trace_at - 1] = text[span_at - 1] = text[flags_at - 1] = '-';
    const auto put = [&](std::size_t at, const auto& bytes) {
        for (const std::uint8_t byte : bytes) {
            text[at++] = hex_digits[byte >> 4U];
            text[at++] = hex_digits[byte & 15U];
        }
    };
    put(trace_at, trace);
    put(span_at, span);
    text[text_size - 1] = sampled ? '1' : '0';
    return text;
}

std::optional<Traceparent> parse_traceparent(std::string_view value) noexcept {
    constexpr std::uint8_t no_version = 0xff;
    std::array<std::uint8_t, 1> version{};
    std::array<std::uint8_t, 1> flags{};
    Traceparent parent;
    if (value.size() < Traceparent::text_size || value[trace_at - 1] != '-' || value[span_at - 1] != '-' ||
        value[flags_at - 1] != '-' || !read_hex(value, version) || version[0] == no_version ||
        !read_hex(value.substr(trace_at), parent.trace) || is_zero(parent.trace) ||
        !read_hex(value.substr(span_at), parent.span) || is_zero(parent.span) ||
        !read_hex(value.substr(flags_at), flags)) {
        return std::nullopt;
    }
    // A later version may have more after another dash.
    if (value.size() > Traceparent::text_size && (version[0] == 0 || value[Traceparent::text_size] != '-')) {
        return std::nullopt;
    }
    parent.sampled = (flags[0] & sampled_flag) != 0;
    return parent;
}

std::optional<std::size_t> count_tracestate(std::string_view value) noexcept {
    std::size_t members = 0;
    for (bool more = true; more;) {
        const std::size_t comma = value.find(',');
        const std::string_view member = without_blanks(value.substr(0, comma));
        more = comma != std::string_view::npos;
        value.remove_prefix(more ? comma + 1 : value.size());
        if (member.empty()) {
            continue;  // empty members are allowed, so that lists can be concatenated
        }
        const std::size_t equals = member.find('=');
        if (equals == std::string_view::npos || !is_key(member.substr(0, equals)) ||
            !is_value(member.substr(equals + 1))) {
            return std::nullopt;
        }
        ++members;
    }
    return members;
}

}  // namespace ferrotunnel::trace
