// How long plugins may make others wait, and how much they may hold meanwhile.
#pragma once

#include <chrono>
#include <cstdint>

namespace ferrotunnel {

/// Bounds of what waits for a server's plugins, for each of its threads (workers). They hold for the whole life of a
/// server.
struct PluginLimits {
    /// How long one plugin may owe decisions in one phase of an exchange, a visitor's, a login's or a registration's:
    /// then it has failed. A plugin may ask for less. 1 ms to 5 min.
    std::chrono::milliseconds wait_timeout{5'000};
    /// How many exchanges may wait for decisions of plugins, and, counted by themselves, how many visitors of TCP,
    /// logins and registrations; half of each for one plugin. Beyond it a new wait is a failure of the plugin. 1 to
    /// 65,536. Whatever it is, the heads of those who wait have 16 MiB together.
    std::uint64_t waiting = 1'024;
    /// Bytes of bodies that are collected for plugins: beyond it a request is answered with 503, and a plugin that
    /// wants an answer's body has failed. 64 KiB to 4 GiB.
    std::uint64_t collected = 16ULL << 20U;

    friend bool operator==(const PluginLimits&, const PluginLimits&) = default;
};

}  // namespace ferrotunnel
