// Receiver-driven credit of one stream and direction: plain data and arithmetic. Time is passed in.
//
// All counts are cumulative *cost* (payload plus limits::data_frame_cost per frame) since the stream began:
//
//        taken <= received <= granted
//        |-- held --|-- outstanding --|          granted - taken is what the window really is now;
//                                                `size` is what it should be.
//
// Credit is returned when a quarter of the window was consumed. When the sender reports BLOCKED, the window grows to a
// few times what was consumed in one round trip. It shrinks by returning less than was consumed.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/coarse_time.hpp"

namespace ferrotunnel::mux {

struct WindowRules {
    std::uint32_t first = 0;  // a window never shrinks below this
    std::uint32_t max = 0;
};

/// What was consumed when a window was last asked to grow; only streams that move much have one.
struct GrowthSample {
    TimePoint at{};
    std::uint64_t taken = 0;
};

class ReceiveWindow {
public:
    ReceiveWindow() = default;
    /// Makes a window. `granted` is what the peer may send at once.
    ReceiveWindow(std::uint32_t granted, TimePoint now) noexcept
        : granted_(granted), size_(granted), blocked_at_(now), received_at_(now) {}

    /// Raises the window to `size` if it is smaller, to be granted by the next `grant`.
    void raise(std::uint32_t size) noexcept;

    /// Counts received data. Returns false without counting if the sender has exceeded its credit.
    bool receive(std::uint64_t cost, TimePoint now) noexcept;

    /// To be called when the sender reports BLOCKED. `taken` is what the endpoint has consumed so far; `room` is how
    /// much the budget lets the window grow; `last` is the sample of the call before. True if it grew.
    bool grow(const WindowRules& rules, std::uint64_t taken, std::uint64_t room, Duration rtt, TimePoint now,
              GrowthSample& last) noexcept;

    /// Returns the credit to return now that `taken` was consumed, or 0 while it is not worth a frame; it then counts
    /// as granted. `room` is what the budget has left beyond first windows; without any, credit is returned only up to
    /// the first window.
    std::uint32_t grant(const WindowRules& rules, std::uint64_t taken, std::uint64_t room, TimePoint now) noexcept;

    /// The value of `taken` at which `grant` will have something to give. After a `grant` this value is beyond `taken`.
    std::uint64_t next_grant_at(const WindowRules& rules, bool tight) const noexcept;

    std::uint64_t size() const noexcept { return size_; }
    std::uint64_t received() const noexcept { return received_; }
    std::uint64_t granted() const noexcept { return granted_; }
    std::uint64_t outstanding() const noexcept { return granted_ - received_; }
    /// Granted and unused credit beyond a first window; the session's budget pays for it.
    std::uint64_t committed(const WindowRules& rules) const noexcept {
        return outstanding() > rules.first ? outstanding() - rules.first : 0;
    }

private:
    std::uint64_t effective(const WindowRules& rules, bool tight) const noexcept;
    void shrink_if_unused(const WindowRules& rules, TimePoint now) noexcept;

    std::uint64_t granted_ = 0;
    std::uint64_t received_ = 0;
    std::uint32_t size_ = 0;
    CoarseTime blocked_at_;   // time of the last BLOCKED, or the last shrinking
    CoarseTime received_at_;  // time of the last data
};

}  // namespace ferrotunnel::mux
