// Gathers changes into few reports.
//
//   changes   |  | | ||||||||||||  |
//   reports   |        |       |       |      the first at once, the others at least `interval` apart
#pragma once

#include <optional>
#include <utility>

#include "base/clock.hpp"

namespace ferrotunnel::issuance {

/// One thread. The time is given, so that tests can choose it.
class ChangeGatherer {
public:
    explicit ChangeGatherer(Duration interval) : interval_(interval) {}

    void note() noexcept { is_waiting_ = true; }
    /// When the changes so far are to be reported; empty: there are none.
    std::optional<TimePoint> due() const noexcept { return is_waiting_ ? std::optional(next_) : std::nullopt; }
    /// Whether to report them now; they count as reported then.
    bool take(TimePoint now) noexcept {
        if (!is_waiting_ || now < next_) {
            return false;
        }
        is_waiting_ = false;
        next_ = now + interval_;
        return true;
    }

private:
    const Duration interval_;
    TimePoint next_{};
    bool is_waiting_ = false;
};

}  // namespace ferrotunnel::issuance
