// Wall clock of a home, which assigns the moments that identify claims (cluster::Since).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "cluster/claim_table.hpp"
#include "cluster/limits.hpp"

namespace ferrotunnel::cluster {

class SinceClock {
public:
    /// `wall`: milliseconds since 1970 at `now`.
    SinceClock(const ClaimTable& table, TimePoint now, std::uint64_t wall) noexcept
        : table_(table), start_(now), wall_(wall) {}

    /// Greater than all that the table has seen.
    Since next(TimePoint now) const noexcept {
        return std::min<Since>(std::max<Since>(wall(now), table_.latest() + 1), limits::since_max);
    }
    /// So far in the future that one of the two clocks is wrong. Accepted, it would be in all later moments.
    bool is_too_late(Since since, TimePoint now) const noexcept {
        return since > wall(now) + std::chrono::milliseconds(limits::clock_difference_max).count();
    }

    /// When another member, whose clock is limits::clock_margin behind at most, accepts it.
    TimePoint accepted_at(Since since, TimePoint now) const noexcept {
        constexpr auto ahead = limits::clock_difference_max - limits::clock_margin;
        const Since latest = wall(now) + std::chrono::milliseconds(ahead).count();
        return since <= latest ? now : now + std::chrono::milliseconds(since - latest);
    }

    /// Milliseconds since 1970.
    std::uint64_t wall(TimePoint now) const noexcept {
        return wall_ + std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count();
    }

private:
    const ClaimTable& table_;
    TimePoint start_;
    std::uint64_t wall_;
};

}  // namespace ferrotunnel::cluster
