#include "acme/rfc3339.hpp"

#include <chrono>

namespace ferrotunnel::acme {

namespace {

constexpr int year_min = 1970;
constexpr int year_max = 2200;

// Takes text from the front. After the first text that does not match, nothing matches.
class TimeText {
public:
    explicit TimeText(std::string_view text) noexcept : rest_(text) {}

    bool is_fine() const noexcept { return is_fine_; }
    bool is_at_end() const noexcept { return rest_.empty(); }

    int number(std::size_t digits, int low, int high) noexcept {
        int value = 0;
        for (std::size_t at = 0; at < digits; ++at) {
            const char c = at < rest_.size() ? rest_[at] : ' ';
            is_fine_ = is_fine_ && c >= '0' && c <= '9';
            value = value * 10 + (is_fine_ ? c - '0' : 0);
        }
        is_fine_ = is_fine_ && value >= low && value <= high;
        rest_.remove_prefix(is_fine_ ? digits : 0);
        return value;
    }
    bool skip(std::string_view any_of) noexcept {
        const bool matches = is_fine_ && !rest_.empty() && any_of.find(rest_.front()) != std::string_view::npos;
        rest_.remove_prefix(matches ? 1 : 0);
        return matches;
    }
    void expect(std::string_view any_of) noexcept { is_fine_ = skip(any_of); }

private:
    std::string_view rest_;
    bool is_fine_ = true;
};

std::chrono::minutes read_offset(TimeText& text) noexcept {
    if (text.skip("Zz")) {
        return {};
    }
    const bool is_ahead = text.skip("+");
    if (!is_ahead) {
        text.expect("-");
    }
    const std::chrono::hours whole(text.number(2, 0, 23));
    text.expect(":");
    const std::chrono::minutes offset = whole + std::chrono::minutes(text.number(2, 0, 59));
    return is_ahead ? offset : -offset;
}

}  // namespace

std::optional<WallTime> read_rfc3339(std::string_view all) noexcept {
    using namespace std::chrono;
    TimeText text(all);
    const year year_of(text.number(4, year_min, year_max));
    text.expect("-");
    const month month_of(static_cast<unsigned>(text.number(2, 1, 12)));
    text.expect("-");
    const year_month_day date(year_of, month_of, day(static_cast<unsigned>(text.number(2, 1, 31))));
    text.expect("Tt ");
    const hours hour(text.number(2, 0, 23));
    text.expect(":");
    const minutes minute(text.number(2, 0, 59));
    text.expect(":");
    const seconds second(text.number(2, 0, 60));  // 60: a leap second
    if (text.skip(".")) {
        text.number(1, 0, 9);
        while (text.skip("0123456789")) {
        }
    }
    const minutes offset = read_offset(text);
    if (!text.is_fine() || !text.is_at_end() || !date.ok()) {
        return {};
    }
    return WallTime(sys_days(date).time_since_epoch() + hour + minute + second - offset);
}

}  // namespace ferrotunnel::acme
