#include "mux/liveness.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace ferrotunnel::mux {
namespace {

Duration smaller(Duration a, Duration b) noexcept {
    if (a == Duration::zero()) {
        return b;
    }
    return b == Duration::zero() ? a : std::min(a, b);
}

}  // namespace

// Jitter makes the pings of many sessions drift apart: they are sent up to a fifth earlier.
Liveness::Liveness(const Settings& settings, std::uint32_t jitter_per_mille, TimePoint now) noexcept
    : jitter_per_mille_(jitter_per_mille % 200),
      quiet_(with_jitter(settings.ping_interval)),
      dead_after_(settings.dead_interval),
      last_heard_(now) {}

void Liveness::shorten(Duration ping_interval, Duration dead_interval) noexcept {
    if (ping_interval > Duration::zero()) {
        quiet_ = std::min(quiet_, with_jitter(std::max<Duration>(ping_interval, limits::ping_asked_min)));
    }
    if (dead_interval > Duration::zero()) {
        dead_after_ = std::min(dead_after_, std::max<Duration>(dead_interval, limits::dead_asked_min));
    }
}

std::uint64_t Liveness::ping(TimePoint now) noexcept {
    auto* slot = std::min_element(waiting_.begin(), waiting_.end(),
                                  [](const Sent& a, const Sent& b) { return a.opaque < b.opaque; });
    *slot = {++sent_, now};
    last_ping_ = now;
    return sent_;
}

std::size_t Liveness::unanswered() const noexcept {
    return static_cast<std::size_t>(
        std::count_if(waiting_.begin(), waiting_.end(), [](const Sent& one) { return one.opaque != 0; }));
}

bool Liveness::answered(std::uint64_t opaque, TimePoint now) noexcept {
    auto* sent = std::find_if(waiting_.begin(), waiting_.end(),
                              [opaque](const Sent& one) { return one.opaque == opaque && opaque != 0; });
    if (sent == waiting_.end()) {
        return false;
    }
    if (now - bucket_at_ >= limits::rtt_memory / 2) {
        rtt_old_ = rtt_new_;
        rtt_new_ = Duration::zero();
        bucket_at_ = now;
    }
    rtt_new_ = smaller(rtt_new_, std::max<Duration>(now - sent->at, Duration{1}));
    sampled_at_ = now;
    answered_ = std::max(answered_, opaque);
    sent->opaque = 0;
    return true;
}

TimePoint Liveness::next_ping() const noexcept {
    return std::max(last_heard_, last_ping_) + quiet_;
}

TimePoint Liveness::next_deadline() const noexcept {
    return std::min(next_ping(), last_heard_ + dead_after_);
}

Duration Liveness::rtt_min() const noexcept {
    return smaller(rtt_old_, rtt_new_);
}

bool Liveness::sample_is_old(TimePoint now) const noexcept {
    return now - sampled_at_ >= limits::rtt_memory / 12 && now - last_ping_ >= limits::rtt_memory / 12;
}

}  // namespace ferrotunnel::mux
