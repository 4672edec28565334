// A session's memory budget: bytes held, and credit that may become bytes, against the session's limit.
//
//   in use  = real bytes held + credit committed beyond what every stream gets anyway
//   end     = the budget + what is set aside because it does not move; 0 while the process is short of memory
//
// Everything that depends on the amount in use is done in a review. A review has nothing to do until that amount leaves
// a certain range, or the process reports a change. The range is stored, so that most calls only check is_calm().
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "mux/settings.hpp"
#include "mux/stream.hpp"

namespace ferrotunnel::mux {

/// Contains amounts and times, no streams. Lives on the session's worker.
class MemoryBudget {
public:
    /// Both must outlive the budget.
    MemoryBudget(const Settings& settings, SessionShared& shared) noexcept
        : settings_(settings),
          shared_(shared),
          ledger_(*shared.ledger),
          end_(settings.budget),
          first_window_(settings.first_window) {}

    // --- the account -------------------------------------------------------------------------------------------------

    /// Replaces a stream's commitment of `before` bytes by one of `after` bytes.
    void commit(std::uint64_t before, std::uint64_t after) noexcept { committed_ = committed_ - before + after; }
    std::uint64_t committed() const noexcept { return committed_; }
    std::uint64_t in_use() const noexcept { return ledger_.bytes() + committed_; }
    /// Whether more than `bytes` is in use, without bytes and credit that were not used for long.
    bool uses_more_than(std::uint64_t bytes) const noexcept { return in_use() > bytes + set_aside_; }
    /// How much more may be committed.
    std::uint64_t room() const noexcept {
        const std::uint64_t used = in_use();
        return used < end_ ? std::min(end_ - used, settings_.budget) : 0;
    }
    bool is_tight() const noexcept { return in_use() >= end_; }
    /// The first window that new streams get.
    std::uint32_t first_window() const noexcept { return first_window_; }

    // --- the review --------------------------------------------------------------------------------------------------

    /// False when a review may have something to do. Evaluated with every call.
    bool is_calm() const noexcept {
        return in_use() - calm_from_ < calm_span_ && !shared_.pressure_changed.load(std::memory_order_relaxed);
    }
    /// The first step: any change reported from now on causes another review.
    void begin_review() noexcept;
    /// A step for sessions that are open: the first window to be announced from now on, if it changes. It is small
    /// while more than half of the budget is in use, or while the process is short of memory.
    std::optional<std::uint32_t> change_first_window() noexcept;
    /// The last step.
    void end_review() noexcept;

    // --- the cap -----------------------------------------------------------------------------------------------------

    /// More is held than the session's cap, or the process asks for memory.
    bool must_reclaim() const noexcept {
        return ledger_.bytes() > settings_.memory_hard ||
               shared_.reclaim_requested.load(std::memory_order_relaxed) != 0;
    }
    /// How much streams must give up.
    std::uint64_t excess() const noexcept;
    /// Whether must_reclaim(), and it is time to search for streams again; if so, records that it is done.
    bool start_cap_check(TimePoint now) noexcept;

    // --- excluded bytes and credit: unused for long -----------------------------------------------------------------

    std::uint64_t set_aside() const noexcept { return set_aside_; }
    /// Whether a tick has to call start_idle_check().
    bool watches_idle() const noexcept { return set_aside_ != 0 || uses_more_than(settings_.budget / 4); }
    /// Whether it is time to check all streams again; if so, set_idle() follows. False while little is in use:
    /// nothing is set aside then.
    bool start_idle_check(TimePoint now) noexcept;
    /// The sums over all streams of the bytes held, of those that have not moved for long, and of these streams'
    /// credit.
    void set_idle(std::uint64_t held, std::uint64_t held_idle, std::uint64_t committed_idle) noexcept;

    /// When a tick has something to do.
    TimePoint next_deadline() const noexcept {
        TimePoint next = never;
        if (must_reclaim()) {
            next = cap_checked_at_ + limits::stalled_after / 2;
        }
        if (in_use() > settings_.budget / 4) {
            const TimePoint look = idle_checked_at_ + limits::set_aside_check_interval;
            next = look < next ? look : next;
        }
        return next;
    }

private:
    bool is_first_window_small() const noexcept { return first_window_ != settings_.first_window; }
    /// The part of the budget in use beyond which windows are small. It is lower once they are, so that they do not
    /// flip to and fro.
    std::uint64_t small_window_beyond(bool is_small) const noexcept {
        return is_small ? settings_.budget / 8 * 3 : settings_.budget / 2;
    }

    const Settings& settings_;
    SessionShared& shared_;
    const buffer::SlabLedger& ledger_;
    std::uint64_t committed_ = 0;
    std::uint64_t set_aside_ = 0;
    std::uint64_t end_;            // 0 if the process is short of memory
    std::uint64_t calm_from_ = 0;  // a review changes nothing while in_use() is at least calm_from_
    std::uint64_t calm_span_ = 0;  // and below calm_from_ + calm_span_
    std::uint32_t first_window_;
    TimePoint idle_checked_at_{};
    TimePoint cap_checked_at_{};
};

}  // namespace ferrotunnel::mux
