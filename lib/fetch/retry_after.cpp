#include "fetch/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "http/date.hpp"

namespace ferrotunnel::fetch {

std::optional<std::chrono::seconds> read_retry_after(std::string_view value,
                                                     std::chrono::system_clock::time_point now) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc{} || end != value.data() + value.size()) {
        const std::optional<std::int64_t> date = http::read_date(value);
        if (!date) {
            return std::nullopt;
        }
        seconds = *date - std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    }
    constexpr std::int64_t day = 86'400;  // a limit for what is added to a time
    return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, day));
}

}  // namespace ferrotunnel::fetch
