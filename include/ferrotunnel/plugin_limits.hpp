// Limits of the time and memory of waits for plugins.
#pragma once

#include <chrono>
#include <cstdint>

namespace ferrotunnel {

/// Limits of waits for a server's plugins, for each of its threads (workers). They cannot change while a server runs.
struct PluginLimits {
    /// How long one plugin may delay its decisions in one phase of an exchange, a visitor, a login or a registration;
    /// after that the plugin fails. A plugin may request less. 1 ms to 5 min.
    std::chrono::milliseconds wait_timeout{5'000};
    /// How many exchanges may wait for decisions of plugins, and, counted separately, how many TCP visitors, logins and
    /// registrations; half of each for one plugin. A wait beyond that is a failure of the plugin. 1 to 65,536. In any
    /// case the heads of waiting requests have 16 MiB together.
    std::uint64_t waiting = 1'024;
    /// Bytes of bodies that are collected for plugins: beyond it, a request gets 503, and a plugin that collects a
    /// response's body fails. 64 KiB to 4 GiB.
    std::uint64_t collected = 16ULL << 20U;

    friend bool operator==(const PluginLimits&, const PluginLimits&) = default;
};

}  // namespace ferrotunnel
