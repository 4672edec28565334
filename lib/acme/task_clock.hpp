// The deadline of a task.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>

#include "acme/step.hpp"

namespace ferrotunnel::acme {

/// Counts the waits as well as the time, so that a task also ends if the system's clock is set back.
class TaskClock {
public:
    explicit TaskClock(WallTime started) noexcept : started_(started), now_(started) {}

    void set(WallTime now) noexcept { now_ = now; }
    WallTime now() const noexcept { return now_; }

    /// The step itself, or the failure that replaces it after the deadline. Saves and results are never replaced.
    template <typename Late>
    Step bounded(Step step, const Late& late) {
        return is_late(step) ? late() : std::move(step);
    }

private:
    bool is_late(const Step& step);

    const WallTime started_;
    WallTime now_;
    std::chrono::seconds waited_{};
};

/// "WHAT after 15 minutes", as of a CA that does not respond.
FailedStep late_failure(std::string_view what);

}  // namespace ferrotunnel::acme
