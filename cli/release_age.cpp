#include "release_age.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ferrotunnel::cli {

namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string_view remove_last_word(std::string_view& text) {
    const std::size_t blank = text.rfind(' ');
    const std::string_view word = blank == std::string_view::npos ? text : text.substr(blank + 1);
    text = text.substr(0, blank == std::string_view::npos ? 0 : blank);
    return word;
}

int number_of(std::string_view word) {
    int number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc() && end == word.data() + word.size() ? number : -1;
}

}  // namespace

std::optional<int> release_age(std::string_view text, std::chrono::sys_days today) {
    const int year = number_of(remove_last_word(text));
    const auto* const month = std::find(months.begin(), months.end(), remove_last_word(text));
    const int day = number_of(remove_last_word(text));
    if (month == months.end() || day < 1 || year < 1970) {
        return {};
    }
    const std::chrono::year_month_day date(std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok() || std::chrono::sys_days(date) > today) {
        return {};
    }
    return static_cast<int>((today - std::chrono::sys_days(date)).count());
}

}  // namespace ferrotunnel::cli
