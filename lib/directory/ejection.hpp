// Ejection of a group member by the outcomes of its visitors. Sans-IO; the group's members are checked in turn, so that
// together they observe their terms (CarrierList).
//
//   in --`failures` in a row--> out --its time is over--> out, and the next visitor is its trial
//   ^                            ^                              |  fails: out for twice as long
//   '------ a visitor succeeds --'------------------------------'
//
// Once a member has been in for as long as it was last out, its next ejection has the first time again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "directory/mutant.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::directory {

/// Outcome of a visitor at a member.
enum class MemberOutcome : std::uint8_t {
    success,
    refused,       // the backend could not be reached
    reset,         // the connection ended without a response, or none arrived in time
    response_5xx,  // HTTP only
};

/// Whether this outcome counts as a failure.
constexpr bool is_failure(const wire::Eject& terms, MemberOutcome outcome) noexcept {
    switch (outcome) {
        case MemberOutcome::success:
            return false;
        case MemberOutcome::refused:
            return (terms.counts & wire::Eject::refused) != 0;
        case MemberOutcome::reset:
            return (terms.counts & wire::Eject::resets) != 0;
        case MemberOutcome::response_5xx:
            return (terms.counts & wire::Eject::answers_5xx) != 0;
    }
    return false;
}

/// Whether another of `members` may be ejected, in addition to `ejected` of them: at least one member may be.
constexpr bool may_eject_one_more(const wire::Eject& terms, std::size_t members, std::size_t ejected) noexcept {
    return ejected < std::max<std::size_t>(members * terms.share / 100, 1);
}

class Ejection {
public:
    /// A failure that occurs later than this after the previous one starts a new row: with long connections, a success
    /// is known only at the end.
    static constexpr Duration row_gap = std::chrono::minutes(1);

    bool is_ejected() const noexcept { return ejected_; }
    /// Whether the member is in, and its last visitor has not failed.
    bool is_clean() const noexcept { return !ejected_ && row_ == 0; }
    /// Whether it may get a visitor: the member is in, or its time is over.
    bool accepts(TimePoint now) const noexcept { return !ejected_ || now >= until_ || mutant(Mutant::early_return); }
    /// Starts the trial of an ejected member: it gets one visitor, and no other until the outcome is known or
    /// `first_ms` has passed.
    void begin_trial(const wire::Eject& terms, TimePoint now) noexcept {
        on_trial_ = true;
        until_ = now + std::chrono::milliseconds(terms.first_ms);
    }
    /// How long an ejected member is out, from its ejection or the failure of a trial.
    Duration time() const noexcept { return time_; }

    /// A visitor has succeeded. True if the member is back.
    bool passed(TimePoint now) noexcept {
        row_ = 0;
        if (!ejected_ || !on_trial_) {
            return false;  // while it is out, the outcome of an earlier visitor means nothing
        }
        ejected_ = on_trial_ = false;
        back_at_ = now;
        return true;
    }

    /// A visitor has failed. True if the member is out now. `may_go`: the others allow it.
    bool failed(const wire::Eject& terms, bool may_go, TimePoint now) noexcept {
        if (ejected_) {
            if (on_trial_) {
                eject(terms, now);
            }
            return false;
        }
        row_ = now - failed_at_ > row_gap ? 1 : row_ + 1;
        failed_at_ = now;
        if (row_ < terms.failures || !may_go) {
            row_ = std::min(row_, terms.failures);
            return false;
        }
        if (now - back_at_ >= time_) {
            time_ = {};
        }
        eject(terms, now);
        return true;
    }

private:
    void eject(const wire::Eject& terms, TimePoint now) noexcept {
        const Duration longest = std::chrono::milliseconds(std::max(terms.first_ms, terms.longest_ms));
        const Duration first = std::chrono::milliseconds(terms.first_ms);
        time_ = time_ == Duration{} ? first : std::min(2 * time_, longest);
        until_ = now + time_;
        ejected_ = true;
        on_trial_ = false;
        row_ = 0;
    }

    bool ejected_ = false;
    bool on_trial_ = false;
    std::uint32_t row_ = 0;  // failures in a row
    TimePoint failed_at_{};  // when the last of them occurred
    TimePoint until_{};      // while it is out
    TimePoint back_at_{};
    Duration time_{};  // how long it is out, or was the last time; zero if it never was
};

}  // namespace ferrotunnel::directory
