// Which of a builder's settings are from a file, and which the application has said itself.
#pragma once

#include "settings/settings.hpp"

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
    set("timing.ping_interval", own.ping_interval, timing.ping_interval);
    set("timing.dead_interval", own.dead_interval, timing.dead_interval);
    set("timing.write_timeout", own.write_timeout, timing.write_timeout);
    set("timing.handshake_timeout", own.handshake_timeout, timing.handshake_timeout);
    set("timing.open_timeout", own.open_timeout, timing.open_timeout);
    set("timing.reconnect_first", own.reconnect_first, timing.reconnect_first);
    set("timing.reconnect_max", own.reconnect_max, timing.reconnect_max);
}

}  // namespace ferrotunnel::detail
