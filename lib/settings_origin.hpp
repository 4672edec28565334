// Which of a builder's settings are from a file, and which the application has said itself.
#pragma once

#include "settings.hpp"

namespace ferrotunnel::detail {

/// Only what it changes is the application's from now on.
template <typename Settings>
void set_timing(Settings& settings, const Timing& timing) {
    auto set = [&settings](const char* key, std::chrono::milliseconds& into, std::chrono::milliseconds value) {
        if (into != value) {
            into = value;
            settings.origins.erase(key);
        }
    };
    Timing& own = settings.timing;
    set("timing.ping_after_quiet", own.ping_after_quiet, timing.ping_after_quiet);
    set("timing.dead_after_quiet", own.dead_after_quiet, timing.dead_after_quiet);
    set("timing.no_write_progress", own.no_write_progress, timing.no_write_progress);
    set("timing.handshake_timeout", own.handshake_timeout, timing.handshake_timeout);
    set("timing.open_timeout", own.open_timeout, timing.open_timeout);
    set("timing.reconnect_first", own.reconnect_first, timing.reconnect_first);
    set("timing.reconnect_max", own.reconnect_max, timing.reconnect_max);
}

}  // namespace ferrotunnel::detail
