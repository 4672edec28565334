// How long a client waits before it tries to connect again: exponential with full jitter, so that a thousand clients of
// a server that restarts do not come back in the same second.
#pragma once

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"

namespace ferrotunnel::session {

class Backoff {
public:
    struct Settings {
        Duration first = limits::backoff_first;  // no wait is shorter; the ceiling of the first
        Duration max = limits::backoff_max;      // no wait is longer
        /// A session that lived this long was a success: the next wait starts over. A shorter one was not, so that a
        /// server that accepts and at once drops its clients is not hammered.
        Duration lived_long = limits::backoff_forget_after;
    };

    explicit Backoff(Random& random) : Backoff(random, Settings{}) {}
    Backoff(Random& random, const Settings& settings);

    /// The wait before the next attempt: evenly drawn from [first, ceiling]; the ceiling then doubles, up to `max`.
    Duration next_wait();

    /// The server has said goodbye in order, so it is likely to be back in a moment: the next wait is almost none, the
    /// one after it short, each spread so that its clients do not all come in the same millisecond. A server that says
    /// so again within `lived_long` is given none of that.
    void peer_said_goodbye(TimePoint now);

    /// It has succeeded: the next wait is as short as the first one.
    void start_over();

    /// Tells how long the session lived that has just been lost.
    void session_ended(Duration lived);

private:
    Random& random_;
    Settings settings_;
    Duration ceiling_{};
    unsigned soon_ = 0;  // short waits that are left
    TimePoint goodbye_at_ = TimePoint::min();
};

}  // namespace ferrotunnel::session
