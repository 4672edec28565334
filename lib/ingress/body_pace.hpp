// The time limit for the body of a visitor's request: `body_grace` plus the time that its bytes take at
// `body_bytes_per_second_min`, but never more than `body_grace` after its last byte. A visitor that sent much may
// pause, and one that sends a byte now and then fails after `body_grace`. Time in which the visitor waits for
// the edge does not count.
//
//   begin --> due --check_progress: in time, or the visitor waits--> due (later) ...
//                   '--check_progress: too slow--> 408
//
// It is checked when it is due, not with every read.
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace ferrotunnel::exchange {
struct HttpServiceSettings;
}

namespace ferrotunnel::ingress {

class BodyPace {
public:
    /// Starts with a body. `waits`: the visitor waits for the edge. Returns when to check; `never` if any pace is
    /// allowed.
    TimePoint begin(const exchange::HttpServiceSettings& settings, TimePoint now, bool waits) noexcept;
    void received(std::uint64_t bytes, TimePoint now) noexcept {
        bytes_ += bytes;
        last_ = now;
    }
    bool is_waiting() const noexcept { return waits_; }
    /// The visitor waits for the edge from now on, or no longer does. Idempotent.
    void set_waiting(bool waits, TimePoint now) noexcept;
    /// Returns when to check next; `now` if the body is too slow.
    TimePoint check_progress(const exchange::HttpServiceSettings& settings, TimePoint now, bool waits) noexcept;

private:
    TimePoint due(const exchange::HttpServiceSettings& settings, TimePoint now) const noexcept;

    TimePoint began_{};  // excludes the time in which the visitor had to wait
    TimePoint last_{};   // when its last byte was read, or its wait ended
    TimePoint waits_since_{};
    std::uint64_t bytes_ = 0;
    bool waits_ = false;
};

}  // namespace ferrotunnel::ingress
