// Counts frequent events for the log: at most one line in ten seconds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ferrotunnel::plugins {

/// All functions are thread-safe.
class PacedCount {
public:
    /// Counts one event. Returns the count since the last line, including this one, if a line is due; otherwise 0.
    std::uint64_t add() noexcept {
        ++count_;
        constexpr std::int64_t pause = 10;
        const std::int64_t now =
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch())
                .count();
        std::int64_t next = next_;
        return now >= next && next_.compare_exchange_strong(next, now + pause) ? rest() : 0;
    }
    /// The number of events that were not logged yet.
    std::uint64_t rest() noexcept { return count_.exchange(0); }

private:
    std::atomic<std::uint64_t> count_{0};
    std::atomic<std::int64_t> next_{0};  // seconds of the steady clock
};

}  // namespace ferrotunnel::plugins
