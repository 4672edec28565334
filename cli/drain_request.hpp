// The control socket's request to end the program, handled like SIGTERM.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>

namespace ferrotunnel::cli {

/// Thread-safe.
class DrainRequest {
public:
    using Time = std::optional<std::chrono::milliseconds>;

    /// Sends one signal only: a second one would disconnect the visitors.
    void request(Time time) noexcept {
        if (requested_.exchange(true)) {
            return;
        }
        time_.store(time ? time->count() : as_set_up);
        ::kill(::getpid(), SIGTERM);
    }
    bool is_requested() const noexcept { return requested_.load(); }
    /// How long visitors may take; empty: not set.
    Time time() const noexcept {
        const std::int64_t time = time_.load();
        return time == as_set_up ? Time() : Time(time);
    }

private:
    static constexpr std::int64_t as_set_up = -1;

    std::atomic<bool> requested_{false};
    std::atomic<std::int64_t> time_{as_set_up};
};

}  // namespace ferrotunnel::cli
