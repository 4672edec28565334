// How many lines strangers may cause in the log: whoever tries tokens, or speaks nonsense to the control port, must not
// fill a disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::tunnel {

/// Any thread.
class LineQuota {
public:
    explicit LineQuota(std::uint32_t lines_per_second = limits::http_log_lines_per_second)
        : lines_per_second_(lines_per_second) {}

    /// Nothing: leave the line out. Else write it, and that so many were left out before.
    std::optional<std::uint64_t> take(TimePoint now) {
        std::lock_guard lock(mutex_);
        if (now - began_ >= std::chrono::seconds(1)) {
            began_ = now;
            written_ = 0;
        }
        if (written_ >= lines_per_second_) {
            ++left_out_;
            return std::nullopt;
        }
        ++written_;
        return std::exchange(left_out_, 0);
    }

private:
    const std::uint32_t lines_per_second_;
    std::mutex mutex_;
    TimePoint began_{};
    std::uint32_t written_ = 0;
    std::uint64_t left_out_ = 0;
};

}  // namespace ferrotunnel::tunnel
