#include "mux/memory_budget.hpp"

namespace ferrotunnel::mux {

void MemoryBudget::begin_review() noexcept {
    // First, so that a change reported later causes another review.
    shared_.pressure_changed.exchange(false, std::memory_order_acquire);
    end_ = shared_.is_tight() ? 0 : settings_.budget + set_aside_;
}

std::optional<std::uint32_t> MemoryBudget::change_first_window() noexcept {
    const bool was_small = is_first_window_small();
    const bool small = end_ == 0 || uses_more_than(small_window_beyond(was_small));
    if (small == was_small) {
        return std::nullopt;
    }
    first_window_ = small ? std::min(settings_.first_window_tight, settings_.first_window) : settings_.first_window;
    if (small && !is_first_window_small()) {
        return std::nullopt;
    }
    return first_window_;
}

void MemoryBudget::end_review() noexcept {
    const bool small = is_first_window_small();
    const std::uint64_t small_beyond = end_ == 0 ? 0 : small_window_beyond(small) + set_aside_ + 1;
    calm_from_ = small ? small_beyond : 0;
    const std::uint64_t end = std::min(small ? UINT64_MAX : small_beyond, settings_.memory_hard + 1);
    calm_span_ = end > calm_from_ && !must_reclaim() ? end - calm_from_ : 0;
}

std::uint64_t MemoryBudget::excess() const noexcept {
    const std::uint64_t held = ledger_.bytes();
    const std::uint64_t own = held > settings_.memory_hard ? held - settings_.memory_hard : 0;
    return std::max(own, shared_.reclaim_requested.load(std::memory_order_relaxed));
}

bool MemoryBudget::start_cap_check(TimePoint now) noexcept {
    if (!must_reclaim() || now < cap_checked_at_ + limits::stalled_after / 2) {
        return false;
    }
    cap_checked_at_ = now;
    return true;
}

bool MemoryBudget::start_idle_check(TimePoint now) noexcept {
    calm_span_ = 0;  // every stream must be reviewed again with the new exclusions
    if (in_use() <= settings_.budget / 4) {
        set_aside_ = 0;
        return false;
    }
    if (now < idle_checked_at_ + limits::set_aside_check_interval) {
        return false;
    }
    idle_checked_at_ = now;
    return true;
}

// The excluded credit is at most the size of the budget, since all of it may arrive as data at once.
void MemoryBudget::set_idle(std::uint64_t held, std::uint64_t held_idle, std::uint64_t committed_idle) noexcept {
    // As a share of the ledger, which counts whole slabs: the bytes in a slab may be fewer.
    const double share = held != 0 ? static_cast<double>(held_idle) / static_cast<double>(held) : 0;
    set_aside_ = static_cast<std::uint64_t>(static_cast<double>(ledger_.bytes()) * share) +
                 std::min(committed_idle, settings_.budget);
}

}  // namespace ferrotunnel::mux
