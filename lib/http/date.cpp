#include "http/date.hpp"

#include <chrono>
#include <string_view>

namespace ferrotunnel::http {

DateText date_text(std::int64_t seconds) noexcept {
    using namespace std::chrono;
    constexpr std::string_view days = "SunMonTueWedThuFriSat";
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const sys_seconds when{std::chrono::seconds(seconds)};
    const sys_days day = floor<std::chrono::days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(when - day);

    DateText text;
    std::size_t at = 0;
    const auto put = [&](std::string_view more) {
        for (const char c : more) {
            text[at++] = c;
        }
    };
    const auto put_two = [&](unsigned number) {
        text[at++] = static_cast<char>('0' + number / 10 % 10);
        text[at++] = static_cast<char>('0' + number % 10);
    };
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
    put(days.substr(weekday(day).c_encoding() * 3, 3));
    put(", ");
    put_two(static_cast<unsigned>(date.day()));
    put(" ");
    put(months.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3));
    put(" ");
    put_two(year / 100);
    put_two(year % 100);
    put(" ");
    put_two(static_cast<unsigned>(time.hours().count()));
    put(":");
    put_two(static_cast<unsigned>(time.minutes().count()));
    put(":");
    put_two(static_cast<unsigned>(time.seconds().count()));
    put(" GMT");
    return text;
}

}  // namespace ferrotunnel::http
