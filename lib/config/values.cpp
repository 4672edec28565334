#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include "base/limits.hpp"
#include "base/units.hpp"

namespace ferrotunnel::config {
namespace {

constexpr std::string_view digits = "0123456789";

// Splits `text` into a leading number and the rest, which may follow a space.
std::pair<std::string_view, std::string_view> split_unit(std::string_view text, std::string_view letters_of_number) {
    const std::size_t length = std::min(text.find_first_not_of(letters_of_number), text.size());
    std::string_view unit = text.substr(length);
    if (unit.size() > 1 && unit.front() == ' ') {
        unit.remove_prefix(1);
    }
    return {text.substr(0, length), unit};
}

std::optional<std::uint64_t> unit_of(std::string_view unit,
                                     std::initializer_list<std::pair<std::string_view, std::uint64_t>> units) {
    for (const auto& [name, factor] : units) {
        if (unit == name) {
            return factor;
        }
    }
    return std::nullopt;
}

// The length of a unit of time in milliseconds.
std::optional<std::uint64_t> time_unit(std::string_view unit) {
    return unit_of(
        unit,
        {{"ms", 1}, {"s", 1'000}, {"sec", 1'000}, {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}});
}

// Parses the whole of `text` with from_chars.
template <typename Number>
std::optional<Number> parse_whole(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

struct TimePart {
    double number = 0;
    std::uint64_t unit = 0;  // in milliseconds
};

// Removes a number with its unit from the front of `text`. For a plain number the unit is seconds.
std::optional<TimePart> take_time_part(std::string_view& text, bool is_number) {
    auto [number_text, unit_text] = split_unit(text, "0123456789.");
    text = unit_text.substr(std::min(unit_text.find_first_of(digits), unit_text.size()));
    unit_text.remove_suffix(text.size());
    const std::optional<std::uint64_t> unit = is_number ? 1'000 : time_unit(unit_text);
    double number = 0;
    const auto [end, error] =
        std::from_chars(number_text.data(), number_text.data() + number_text.size(), number, std::chars_format::fixed);
    if (!unit || error != std::errc{} || end != number_text.data() + number_text.size() ||
        digits.find(number_text.front()) == std::string_view::npos) {
        return std::nullopt;
    }
    return TimePart{number, *unit};
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
    for (std::string_view yes : {"true", "on", "yes"}) {
        if (text == yes) {
            return true;
        }
    }
    for (std::string_view no : {"false", "off", "no"}) {
        if (text == no) {
            return false;
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    return parse_whole<std::uint64_t>(text);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    return parse_whole<std::int64_t>(text);
}

std::optional<double> parse_decimal(std::string_view text) {
    // from_chars would also accept "inf", ".5" and "5.".
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    const std::size_t point = std::min(text.find('.'), text.size());
    const auto has_digit_at = [text](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
    const bool is_written_out = has_digit_at(first) && (point == text.size() || has_digit_at(point + 1));
    return is_written_out ? parse_whole<double>(text) : std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_time(std::string_view text, std::chrono::milliseconds most) {
    const bool is_number = text.find_first_not_of("0123456789.") == std::string_view::npos;
    double milliseconds = 0;
    std::uint64_t unit_before = std::numeric_limits<std::uint64_t>::max();
    do {  // "1h30m": each unit is smaller than the one before
        const auto part = take_time_part(text, is_number);
        if (!part || part->unit >= unit_before) {
            return std::nullopt;
        }
        unit_before = part->unit;
        milliseconds += part->number * static_cast<double>(part->unit);
    } while (!text.empty());
    if (milliseconds > static_cast<double>(most.count())) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(std::llround(milliseconds));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const auto [number_text, unit] = split_unit(text, digits);
    const std::optional<std::uint64_t> number = parse_number(number_text);
    std::string small(unit);  // accepts 10MB, 10mb and 10m
    std::ranges::transform(small, small.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const std::optional<std::uint64_t> factor = unit_of(small, {{"", 1},
                                                                {"b", 1},
                                                                {"k", 1_KiB},
                                                                {"m", 1_MiB},
                                                                {"g", 1'024 * 1_MiB},
                                                                {"kb", 1'000},
                                                                {"mb", 1'000'000},
                                                                {"gb", 1'000'000'000},
                                                                {"kib", 1_KiB},
                                                                {"mib", 1_MiB},
                                                                {"gib", 1'024 * 1_MiB}});
    if (!number || !factor || *number > std::numeric_limits<std::uint64_t>::max() / *factor) {
        return std::nullopt;
    }
    return *number * *factor;
}

std::optional<double> parse_rate(std::string_view text) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::optional<std::uint64_t> count = parse_number(text.substr(0, slash));
    const std::optional<std::uint64_t> unit = time_unit(text.substr(std::min(slash + 1, text.size())));
    if (!count || *count == 0 || !unit) {
        return std::nullopt;
    }
    return static_cast<double>(*count) * 1'000 / static_cast<double>(*unit);
}

std::size_t characters_in(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace ferrotunnel::config
