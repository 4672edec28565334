// Back-off of a client before it connects again: exponential with full jitter, so that a thousand clients of a
// restarting server do not reconnect in the same second.
#pragma once

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"

namespace ferrotunnel::session {

class Backoff {
public:
    struct Settings {
        Duration first = limits::backoff_first;  // the shortest wait, except after a GOAWAY; the first ceiling is 2x
        Duration max = limits::backoff_max;      // no wait is longer
        /// A session that lived this long was a success: the next wait starts over. A shorter one was not, so that a
        /// server that accepts its clients and drops them at once is not hammered.
        Duration lived_long = limits::backoff_forget_after;
        /// Short waits after a GOAWAY: most servers listen again within eight of them, about 3 s, for which visitors
        /// are held. An attempt costs nothing at a server that does not listen; at one that listens it is the login
        /// that is wanted.
        unsigned quick_retries = 8;
    };

    explicit Backoff(Random& random) : Backoff(random, Settings{}) {}
    Backoff(Random& random, const Settings& settings);

    /// Draws the wait before the next attempt evenly from [first, ceiling]; the ceiling, initially twice `first`, then
    /// doubles, up to `max`. After a GOAWAY the first wait is drawn from 0 to 200 ms, and the other short ones from
    /// 200 to 600 ms.
    Duration next_wait();

    /// Notes that the server has ended the session in order, so it is likely to be back in a moment: the next wait is
    /// almost none and those after it are short, each spread so that its clients do not all reconnect in the same
    /// millisecond. If the server sends GOAWAY again within `lived_long`, there are no such short waits; a GOAWAY that
    /// arrives on several connections before the next wait counts once.
    void on_goaway(TimePoint now);

    /// Notes a success: the next wait is as short as the first one.
    void start_over();

    /// Notes how long the lost session had lived.
    void session_ended(Duration lived);

private:
    Random& random_;
    Settings settings_;
    Duration ceiling_{};
    unsigned quick_retries_left_ = 0;  // remaining short waits
    TimePoint goaway_at_ = TimePoint::min();
};

}  // namespace ferrotunnel::session
