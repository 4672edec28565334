// How often a client has left servers that told it to go, each soon after it had come.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "session/limits.hpp"

namespace ferrotunnel::session {

/// Of one side of a link. Sans-IO.
class ServerMoves {
public:
    /// `lived_long`: a stay of this time is no move in a row.
    explicit ServerMoves(Duration lived_long) noexcept : lived_long_(lived_long) {}

    /// A trunk has logged in; the first one begins the stay.
    void came(TimePoint now) noexcept { since_ = since_.value_or(now); }
    /// The server drains, or has ended the session in order. Later reports about the same stay do not count. True: the
    /// stay was long.
    bool left(TimePoint now) noexcept {
        if (!since_) {
            return false;
        }
        const bool was_long = now - *since_ >= lived_long_;
        in_a_row_ = was_long ? 0 : in_a_row_ + 1;
        since_.reset();
        return was_long;
    }
    /// The stay is over for another reason.
    void lost() noexcept { since_.reset(); }
    /// Whether the next server has to wait, as after a failure.
    bool are_too_many() const noexcept { return in_a_row_ > limits::quick_moves_max; }

private:
    const Duration lived_long_;
    std::optional<TimePoint> since_;
    unsigned in_a_row_ = 0;
};

}  // namespace ferrotunnel::session
