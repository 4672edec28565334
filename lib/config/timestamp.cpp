#include "config/timestamp.hpp"

#include <algorithm>
#include <cstddef>

namespace ferrotunnel::config {
namespace {

// Removes a number of `count` digits from the front of a text; negative if it is missing, or above `most`.
int take_digits(std::string_view& text, std::size_t count, int most) noexcept {
    if (text.size() < count) {
        return -1;
    }
    int value = 0;
    for (const char digit : text.substr(0, count)) {
        if (digit < '0' || digit > '9') {
            return -1;
        }
        value = 10 * value + (digit - '0');
    }
    text.remove_prefix(count);
    return value <= most ? value : -1;
}

bool take_one_of(std::string_view& text, std::string_view characters) noexcept {
    if (text.empty() || characters.find(text.front()) == std::string_view::npos) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

// Removes a fraction like ".25"; true also if there is none.
bool take_fraction(std::string_view& text) noexcept {
    if (!take_one_of(text, ".")) {
        return true;
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end > 0;
}

// Parses the rest of the text, "Z" or "+02:00", as an offset from UTC.
std::optional<std::chrono::minutes> take_offset(std::string_view text) noexcept {
    if (text == "Z" || text == "z") {
        return std::chrono::minutes(0);
    }
    const bool is_behind = text.starts_with('-');
    if (!take_one_of(text, "+-")) {
        return std::nullopt;
    }
    const int hours = take_digits(text, 2, 23);
    const bool has_colon = take_one_of(text, ":");
    const int minutes = take_digits(text, 2, 59);
    if (hours < 0 || !has_colon || minutes < 0 || !text.empty()) {
        return std::nullopt;
    }
    const auto offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    return is_behind ? -offset : offset;
}

std::string padded(int value, std::size_t width) {
    const std::string digits = std::to_string(value);
    return std::string(width - std::min(width, digits.size()), '0') + digits;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) noexcept {
    const int year = take_digits(text, 4, 9'999);
    const bool first_dash = take_one_of(text, "-");
    const int month = take_digits(text, 2, 12);
    const bool second_dash = take_one_of(text, "-");
    const int day = take_digits(text, 2, 31);
    const bool gap = take_one_of(text, "Tt ");
    const int hour = take_digits(text, 2, 23);
    const bool first_colon = take_one_of(text, ":");
    const int minute = take_digits(text, 2, 59);
    const bool second_colon = take_one_of(text, ":");
    const int second = take_digits(text, 2, 60);
    const bool has_form = first_dash && second_dash && gap && first_colon && second_colon && take_fraction(text);
    const auto offset = take_offset(text);
    if (!has_form || year < 0 || hour < 0 || minute < 0 || second < 0 || !offset || month < 1 || day < 1) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok()) {
        return std::nullopt;
    }
    const std::chrono::sys_seconds moment = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                            std::chrono::minutes(minute) + std::chrono::seconds(std::min(second, 59)) -
                                            *offset;
    // The clock counts nanoseconds, up to the year 2262: later years are clamped.
    using Clock = std::chrono::system_clock;
    return std::clamp(moment, std::chrono::ceil<std::chrono::seconds>(Clock::time_point::min()),
                      std::chrono::floor<std::chrono::seconds>(Clock::time_point::max()));
}

std::string timestamp_text(std::chrono::system_clock::time_point moment) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(moment);
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss time(seconds - days);
    return padded(static_cast<int>(date.year()), 4) + '-' + padded(static_cast<int>(unsigned{date.month()}), 2) + '-' +
           padded(static_cast<int>(unsigned{date.day()}), 2) + 'T' + padded(static_cast<int>(time.hours().count()), 2) +
           ':' + padded(static_cast<int>(time.minutes().count()), 2) + ':' +
           padded(static_cast<int>(time.seconds().count()), 2) + 'Z';
}

}  // namespace ferrotunnel::config
