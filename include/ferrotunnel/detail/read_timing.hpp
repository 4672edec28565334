// The times of Timing by name: one list for configuration files and the program's options.
#pragma once

#include <algorithm>

#include "ferrotunnel/timing.hpp"

namespace ferrotunnel::detail {

/// Calls `read(key, time)` for each time; `read` returns whether the user has written that time, and then sets it. A
/// time that was written adapts one that was not: pings come often enough for a dead interval, and the first wait is no
/// longer than the longest. With `reconnects`, also the times that only clients have.
template <typename Read>
void read_timing(Timing& timing, bool reconnects, Read read) {
    const bool has_ping = read("ping_interval", timing.ping_interval);
    if (read("dead_interval", timing.dead_interval) && !has_ping) {
        timing.ping_interval = std::min(timing.ping_interval, timing.dead_interval / 3);
    }
    read("write_timeout", timing.write_timeout);
    read("handshake_timeout", timing.handshake_timeout);
    read("open_timeout", timing.open_timeout);
    if (!reconnects) {
        return;
    }
    const bool has_first = read("reconnect_first", timing.reconnect_first);
    if (read("reconnect_max", timing.reconnect_max) && !has_first) {
        timing.reconnect_first = std::min(timing.reconnect_first, timing.reconnect_max);
    }
}

}  // namespace ferrotunnel::detail
