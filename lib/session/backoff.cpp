#include "session/backoff.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace ferrotunnel::session {
namespace {

constexpr Duration soon_first = std::chrono::milliseconds(200);

}  // namespace

Backoff::Backoff(Random& random, const Settings& settings) : random_(random), settings_(settings) {
    check(settings.first > Duration::zero() && settings.first <= settings.max,
          "a back-off has a first wait below its last");
    start_over();
}

void Backoff::on_goaway(TimePoint now) {
    // Nothing was tried since the last one: each connection of a tunnel receives the same GOAWAY.
    const bool is_same = quick_retries_left_ != 0 && quick_retries_left_ == settings_.quick_retries;
    const bool again = !is_same && goaway_at_ != TimePoint::min() && now - goaway_at_ < settings_.lived_long;
    goaway_at_ = now;
    quick_retries_left_ = again ? 0 : settings_.quick_retries;
}

Duration Backoff::next_wait() {
    if (quick_retries_left_ > 0) {
        // A core can shake hands with 1,000 clients in 200 ms; a connection that is refused meanwhile costs nothing.
        const bool is_first = quick_retries_left_ == settings_.quick_retries;
        const Duration least = is_first ? Duration::zero() : soon_first;
        const Duration most = is_first ? soon_first : 3 * soon_first;
        --quick_retries_left_;
        const auto spread = static_cast<std::uint64_t>((most - least).count());
        return std::min(least + Duration(static_cast<Duration::rep>(random_.below(spread + 1))), settings_.max);
    }
    auto span = static_cast<std::uint64_t>((ceiling_ - settings_.first).count());
    Duration wait = settings_.first + Duration(static_cast<Duration::rep>(random_.below(span + 1)));
    // Not `2 * ceiling_`, which would overflow for a ceiling near the end of the type.
    ceiling_ = ceiling_ > settings_.max / 2 ? settings_.max : 2 * ceiling_;
    return wait;
}

void Backoff::start_over() {
    ceiling_ = std::min(2 * settings_.first, settings_.max);
}

void Backoff::session_ended(Duration lived) {
    if (lived >= settings_.lived_long) {
        start_over();
    }
}

}  // namespace ferrotunnel::session
