// Counts moves in a row: a server told the client to leave soon after its login.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "session/limits.hpp"

namespace ferrotunnel::session {

/// Of one side of a link. Sans-IO.
class ServerMoves {
public:
    /// `lived_long`: a longer stay than this ends the row.
    explicit ServerMoves(Duration lived_long) noexcept : lived_long_(lived_long) {}

    /// A trunk has logged in; the first one begins the stay.
    void logged_in(TimePoint now) noexcept { since_ = since_.value_or(now); }
    /// The server drains, or has ended the session in order. Later reports about the same stay do not count. True: the
    /// stay was long.
    bool told_to_leave(TimePoint now) noexcept {
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
    bool has_too_many() const noexcept { return in_a_row_ > limits::quick_moves_max; }

private:
    const Duration lived_long_;
    std::optional<TimePoint> since_;
    unsigned in_a_row_ = 0;
};

}  // namespace ferrotunnel::session
