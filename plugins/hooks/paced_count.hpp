// What may happen often, and is told in the log in sums: a line in ten seconds at most.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ferrotunnel::plugins {

/// All functions may be called on any thread.
class PacedCount {
public:
    /// Counts one more. How many have come since the last line where a line is due, this one included; else 0.
    std::uint64_t add() noexcept {
        ++count_;
        constexpr std::int64_t pause = 10;
        const std::int64_t now =
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch())
                .count();
        std::int64_t next = next_;
        return now >= next && next_.compare_exchange_strong(next, now + pause) ? rest() : 0;
    }
    /// How many were not told yet.
    std::uint64_t rest() noexcept { return count_.exchange(0); }

private:
    std::atomic<std::uint64_t> count_{0};
    std::atomic<std::int64_t> next_{0};  // seconds of the steady clock
};

}  // namespace ferrotunnel::plugins
