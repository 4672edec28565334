#include "http/date.hpp"

#include <algorithm>
#include <chrono>

#include "http/field_name.hpp"

namespace ferrotunnel::http {
namespace {

constexpr std::string_view days = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view long_days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

// The index of `name` among names of three letters; the number of names if it is none of them.
std::size_t place_of(std::string_view name, std::string_view names) noexcept {
    std::size_t at = 0;
    while (at < names.size() && !same_text(name, names.substr(at, 3))) {
        at += 3;
    }
    return at / 3;
}

// Parses a date from left to right. The first error is final.
class DateReader {
public:
    explicit DateReader(std::string_view text) noexcept : rest_(text) {}

    void literal(std::string_view expected) noexcept { good_ = take(expected.size()) == expected && good_; }
    void day_name() noexcept { good_ = place_of(take(3), days) < 7 && good_; }
    void long_day_name() noexcept {
        const std::string_view name = take(std::min(rest_.find(','), rest_.size()));
        good_ = std::ranges::any_of(long_days, [&](std::string_view day) { return same_text(name, day); }) && good_;
    }
    unsigned month() noexcept {
        const std::size_t place = place_of(take(3), months);
        good_ = place < 12 && good_;
        return static_cast<unsigned>(place) + 1;
    }
    unsigned number(std::size_t digits) noexcept {
        unsigned value = 0;
        for (const char c : take(digits)) {
            good_ = c >= '0' && c <= '9' && good_;
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        return value;
    }
    // "06" or " 6".
    unsigned padded_day() noexcept {
        const bool is_padded = rest_.starts_with(' ');
        take(is_padded ? 1 : 0);
        return number(is_padded ? 1 : 2);
    }
    bool is_good() const noexcept { return good_ && rest_.empty(); }

private:
    // Takes `count` characters; an empty text if there are fewer.
    std::string_view take(std::size_t count) noexcept {
        good_ = count <= rest_.size() && good_;
        const std::string_view taken = rest_.substr(0, good_ ? count : 0);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest_;
    bool good_ = true;
};

struct DateParts {
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
};

void read_time(DateReader& in, DateParts& parts) noexcept {
    parts.hour = in.number(2);
    in.literal(":");
    parts.minute = in.number(2);
    in.literal(":");
    parts.second = in.number(2);
}

// The form without a comma: "Sun Nov  6 08:49:37 1994".
void read_asctime(DateReader& in, DateParts& parts) noexcept {
    in.day_name();
    in.literal(" ");
    parts.month = in.month();
    in.literal(" ");
    parts.day = in.padded_day();
    in.literal(" ");
    read_time(in, parts);
    in.literal(" ");
    parts.year = in.number(4);
}

// The forms with a comma; the older one has dashes.
void read_usual(DateReader& in, DateParts& parts, bool is_old) noexcept {
    const std::string_view between = is_old ? "-" : " ";
    if (is_old) {
        in.long_day_name();
    } else {
        in.day_name();
    }
    in.literal(", ");
    parts.day = in.number(2);
    in.literal(between);
    parts.month = in.month();
    in.literal(between);
    parts.year = in.number(is_old ? 2 : 4);
    if (is_old) {
        parts.year += parts.year < 70 ? 2000 : 1900;
    }
    in.literal(" ");
    read_time(in, parts);
    in.literal(" GMT");
}

}  // namespace

std::optional<std::int64_t> read_date(std::string_view text) noexcept {
    using namespace std::chrono;
    DateReader in(text);
    DateParts parts;
    if (text.find(',') == std::string_view::npos) {
        read_asctime(in, parts);
    } else {
        read_usual(in, parts, text.find('-') != std::string_view::npos);
    }
    const year_month_day date{year(static_cast<int>(parts.year)), std::chrono::month(parts.month), day(parts.day)};
    // A second may be a leap second.
    if (!in.is_good() || !date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) {
        return std::nullopt;
    }
    const sys_seconds when = sys_days(date) + hours(parts.hour) + minutes(parts.minute) + seconds(parts.second);
    return when.time_since_epoch().count();
}

DateText date_text(std::int64_t seconds) noexcept {
    using namespace std::chrono;
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
