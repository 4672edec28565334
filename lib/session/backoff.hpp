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
        Duration first = limits::backoff_first;  // no wait is shorter, but after a goodbye; the first ceiling is double
        Duration max = limits::backoff_max;      // no wait is longer
        /// A session that lived this long was a success: the next wait starts over. A shorter one was not a success, so
        /// that a server that accepts its clients and drops them at once is not hammered.
        Duration lived_long = limits::backoff_forget_after;
        /// Short waits after a goodbye: most servers listen again within eight, about 3 s, for which visitors are held.
        /// An attempt costs a server that does not listen nothing, and one that does a login, which it wants.
        unsigned soon = 8;
    };

    explicit Backoff(Random& random) : Backoff(random, Settings{}) {}
    Backoff(Random& random, const Settings& settings);

    /// Draws the wait before the next attempt evenly from [first, ceiling]; the ceiling, at first twice `first`, then
    /// doubles, up to `max`. After a goodbye the first wait is drawn from 0 to 200 ms, and
    /// the other short ones from 200 to 600 ms.
    Duration next_wait();

    /// Notes that the server has said goodbye in order, so it is likely to be back in a moment: the next wait is almost
    /// none and those after it are short, each spread so that its clients do not all come in the same millisecond. If
    /// the server says goodbye again within `lived_long`, there are no such short waits;
    /// one that comes on several connections before the next wait is one.
    void peer_said_goodbye(TimePoint now);

    /// Notes a success: the next wait is as short as the first one.
    void start_over();

    /// Notes how long the session lived that has just been lost.
    void session_ended(Duration lived);

private:
    Random& random_;
    Settings settings_;
    Duration ceiling_{};
    unsigned soon_ = 0;  // short waits still to be used
    TimePoint goodbye_at_ = TimePoint::min();
};

}  // namespace ferrotunnel::session
