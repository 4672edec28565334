// Liveness and distance of the peer: pings, the smallest round trip, silence. Time is passed in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "mux/settings.hpp"

namespace ferrotunnel::mux {

class Liveness {
public:
    Liveness(const Settings& settings, std::uint32_t jitter_per_mille, TimePoint now) noexcept;

    /// Applies the peer's requests for the ping interval and the dead interval; zero: none. Our own settings are the
    /// longest times possible, the bounds in limits.hpp the shortest.
    void shorten(Duration ping_interval, Duration dead_interval) noexcept;

    void heard(TimePoint now) noexcept { last_heard_ = now; }
    TimePoint last_heard() const noexcept { return last_heard_; }

    /// Records a ping that is sent and returns its opaque value. If too many wait for an answer, the oldest is
    /// forgotten.
    std::uint64_t ping(TimePoint now) noexcept;
    /// Called when a ping was due but enough wait for an answer: the next one is due as if one had been sent now.
    void put_off(TimePoint now) noexcept { last_ping_ = now; }
    std::size_t unanswered() const noexcept;
    /// Records an answer. Returns true if it belongs to one of our pings.
    bool answered(std::uint64_t opaque, TimePoint now) noexcept;
    /// Opaque values count up, so last_answered() shows whether a given ping was answered.
    std::uint64_t last_sent() const noexcept { return sent_; }
    std::uint64_t last_answered() const noexcept { return answered_; }

    bool ping_due(TimePoint now) const noexcept { return now >= next_ping(); }
    bool dead(TimePoint now) const noexcept { return now >= last_heard_ + dead_after_; }
    TimePoint next_deadline() const noexcept;

    /// The smallest round trip of the last half to full minute; zero without a sample.
    Duration rtt_min() const noexcept;
    bool sample_is_old(TimePoint now) const noexcept;

private:
    struct Sent {
        std::uint64_t opaque = 0;
        TimePoint at{};
    };
    TimePoint next_ping() const noexcept;
    Duration with_jitter(Duration quiet) const noexcept { return quiet - quiet * jitter_per_mille_ / 1000; }

    std::uint32_t jitter_per_mille_;
    Duration quiet_;
    Duration dead_after_;
    TimePoint last_heard_;
    TimePoint last_ping_{};
    std::array<Sent, 4> waiting_{};  // opaque 0: free
    std::uint64_t sent_ = 0;
    std::uint64_t answered_ = 0;
    // Two buckets, each of half of limits::rtt_memory: the older one is forgotten when the newer one is full.
    Duration rtt_old_ = Duration::zero();
    Duration rtt_new_ = Duration::zero();
    TimePoint bucket_at_{};
    TimePoint sampled_at_{};
};

}  // namespace ferrotunnel::mux
