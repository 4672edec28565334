// Whether a worker without work polls for more, for a moment, before it goes to sleep.
//
// Putting a thread to sleep and waking it costs some microseconds, and tens of them if its processor goes to sleep
// as well, as it does in a virtual machine. For a request and its response between idle machines that is most of the
// time: each of four hops sleeps once. But polling takes time from others that have work. So a worker polls only
//
//   if it pays:     lately work arrived soon after it had run out, and took less time than waking a thread. While a lot
//                   of data moves, each wake brings much work: then the few microseconds do not matter, and others
//                   need the processor;
//   not for long:   `longest`, then it sleeps, and a worker whose work ends altogether stops polling after a few gaps;
//   if it is free:  between two polls others may have the processor, and if one of them took it, polling ends.
//
// This is only the policy, without clock or system call (worker.cpp has those).
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace ferrotunnel::runtime {

class BusyPoll {
public:
    /// A worker whose average gap is longer than this multiple of `longest` does not poll. Gaps are longer while the
    /// worker still sleeps through them.
    static constexpr int worthwhile = 3;
    /// A worker whose average work takes longer than half of `longest` does not poll either.
    static constexpr int much_work = 2;
    /// A gap or work counts as at most this multiple of `longest`, so that one pause does not dominate the average.
    static constexpr int gap_max = 8;
    /// A new gap or work has the weight 1 / `weight` in its average.
    static constexpr int weight = 8;

    /// Zero: it never polls.
    explicit BusyPoll(Duration longest) noexcept : longest_(longest), gap_(longest * gap_max) {}

    bool is_on() const noexcept { return longest_ > Duration::zero(); }
    /// The longest poll now; zero: the worker should sleep at once.
    Duration budget() const noexcept {
        return gap_ < longest_ * worthwhile && work_ * much_work < longest_ ? longest_ : Duration::zero();
    }
    /// Work has arrived, the time `gap` after the worker had run out of it.
    void count_gap(Duration gap) noexcept { count(gap_, gap); }
    /// The worker has run out of work, after being busy for the time `work`.
    void count_work(Duration work) noexcept { count(work_, work); }

private:
    void count(Duration& average, Duration latest) const noexcept {
        average += (std::clamp(latest, Duration::zero(), longest_ * gap_max) - average) / weight;
    }

    Duration longest_;
    Duration gap_;  // averages
    Duration work_ = Duration::zero();
};

}  // namespace ferrotunnel::runtime
