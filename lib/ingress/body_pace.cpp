#include "ingress/body_pace.hpp"

#include <algorithm>
#include <chrono>

#include "exchange/http_settings.hpp"

namespace ferrotunnel::ingress {

TimePoint BodyPace::begin(const exchange::HttpServiceSettings& settings, TimePoint now, bool waits) noexcept {
    began_ = last_ = waits_since_ = now;
    bytes_ = 0;
    waits_ = waits;
    return due(settings, now);
}

void BodyPace::set_waiting(bool waits, TimePoint now) noexcept {
    if (waits == waits_) {
        return;
    }
    waits_ = waits;
    if (waits) {
        waits_since_ = now;
    } else {
        began_ += now - waits_since_;
        last_ = now;
    }
}

TimePoint BodyPace::check_progress(const exchange::HttpServiceSettings& settings, TimePoint now, bool waits) noexcept {
    set_waiting(waits, now);
    return std::max(now, due(settings, now));
}

TimePoint BodyPace::due(const exchange::HttpServiceSettings& settings, TimePoint now) const noexcept {
    using Seconds = std::chrono::duration<double>;
    if (settings.body_bytes_per_second_min == 0) {
        return never;
    }
    if (waits_) {
        return now + settings.body_grace;
    }
    const Seconds paid(static_cast<double>(bytes_) / static_cast<double>(settings.body_bytes_per_second_min));
    const Duration so_far = last_ - began_;
    const bool is_ahead = paid >= Seconds(so_far);  // possibly by more than a Duration holds
    return began_ + settings.body_grace + (is_ahead ? so_far : std::chrono::duration_cast<Duration>(paid));
}

}  // namespace ferrotunnel::ingress
