#include "tunnel/backoff.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace ferrotunnel::tunnel {

Backoff::Backoff(Random& random, const Settings& settings)
    : random_(random), settings_(settings), ceiling_(2 * settings.first) {
    check(settings.first > Duration::zero() && settings.first <= settings.max,
          "a back-off has a first wait below its last");
    ceiling_ = std::min(ceiling_, settings_.max);
}

Duration Backoff::next_wait() {
    auto span = static_cast<std::uint64_t>((ceiling_ - settings_.first).count());
    Duration wait = settings_.first + Duration(static_cast<Duration::rep>(random_.below(span + 1)));
    // Not `2 * ceiling_`: a ceiling near the end of the type must not overflow.
    ceiling_ = ceiling_ > settings_.max / 2 ? settings_.max : 2 * ceiling_;
    return wait;
}

void Backoff::session_ended(Duration lived) {
    if (lived >= settings_.lived_long) {
        ceiling_ = std::min(2 * settings_.first, settings_.max);
    }
}

}  // namespace ferrotunnel::tunnel
