// Combines logins that differ only in their connection: concurrent ones are sent once, and an accepted one is
// remembered for a moment.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "hooks/endpoint_decision.hpp"

namespace ferrotunnel::plugins {

/// All functions are thread-safe. Times are those of plugin::clock_now().
class LoginTable {
public:
    using Time = std::chrono::nanoseconds;
    using Handle = plugin::LaterOf<plugin::Login>;
    static constexpr std::size_t entries_max = 4'096;

    /// `window`: how long others join a request, and how long an accepted login is remembered; 0: nothing is shared.
    explicit LoginTable(std::chrono::nanoseconds window) noexcept : window_(window) {}

    /// Everything that the endpoint receives about a login but its connection and source port.
    static std::string key_of(const plugin::Login& login);

    /// The decision on the same login within the window.
    std::optional<EndpointDecision> known(const std::string& key, Time now);

    enum class JoinResult : std::uint8_t {
        joined,  // another caller sends the same: the handle is decided with it
        first,   // the caller sends the request, and calls finish()
        alone,   // the caller keeps the handle; it sends the request itself unless the login is known by now
    };
    /// Takes the handle unless it returns `alone`.
    JoinResult join(const std::string& key, Handle& handle, Time now);
    /// The handles that wait for this decision; the caller must decide them.
    std::vector<Handle> finish(const std::string& key, const EndpointDecision& decision, Time now);

private:
    struct Entry {
        std::vector<Handle> waiting;
        std::optional<EndpointDecision> accepted;
        Time until{};  // until then others join, and an accepted login is remembered
    };

    void forget_old(Time now);

    const std::chrono::nanoseconds window_;
    std::mutex mutex_;  // guards what follows
    std::unordered_map<std::string, Entry> entries_;
    std::deque<std::string> accepted_;  // keys, the oldest first
};

}  // namespace ferrotunnel::plugins
