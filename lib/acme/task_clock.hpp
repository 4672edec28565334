// The deadline of a task.
#pragma once

#include <chrono>

#include "acme/step.hpp"

namespace ferrotunnel::acme {

/// Counts the waits as well as the time, so that a task also ends if the system's clock is set back.
class TaskClock {
public:
    explicit TaskClock(WallTime started) noexcept : started_(started), now_(started) {}

    void set(WallTime now) noexcept { now_ = now; }
    WallTime now() const noexcept { return now_; }

    /// The step itself, or the failure that replaces it after the deadline. Saves and results are never replaced.
    /// `can_continue`: whether a saved order is kept then.
    Step bounded(Step step, bool can_continue);

private:
    const WallTime started_;
    WallTime now_;
    std::chrono::seconds waited_{};
};

}  // namespace ferrotunnel::acme
