// Whether a worker that has run out of work looks for more, for a moment, before it goes to sleep.
//
// To put a thread to sleep and to wake it costs some microseconds, and tens of them where its processor goes to sleep
// as well, as it does in a virtual machine. Of a request and its answer between idle machines that is most of the time:
// each of four hops sleeps once. But whoever looks for work takes time from others who have some. So a worker polls
// only
//
//   where it pays:  lately work came soon after it had run out, and was done sooner than a thread is woken. While a lot
//                   of data moves, each wake brings much work: then nobody waits for the few microseconds, and others
//                   need the processor;
//   not for long:   `longest`, then it sleeps, and a worker whose work ends altogether stops polling after a few gaps;
//   where it is free: between two looks others may have the processor, and if anybody took it, the poll ends.
//
// This is the policy alone, without clock or system call (worker.cpp has those).
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace ferrotunnel::runtime {

class BusyPoll {
public:
    /// A worker whose gaps are longer on average does not poll, as multiples of `longest`. Gaps are longer while the
    /// worker still sleeps through them.
    static constexpr int worthwhile = 3;
    /// One whose work takes longer than half of `longest` does not either.
    static constexpr int much_work = 2;
    /// A longer gap counts as this, so that one pause does not make a worker forget what it has learnt.
    static constexpr int gap_max = 8;
    /// The part of the average that a new gap makes up is one in so many.
    static constexpr int weight = 8;

    /// Zero: never.
    explicit BusyPoll(Duration longest) noexcept : longest_(longest), gap_(longest * gap_max) {}

    bool is_on() const noexcept { return longest_ > Duration::zero(); }
    /// The longest poll now; zero: the worker is to sleep at once.
    Duration budget() const noexcept {
        return gap_ < longest_ * worthwhile && work_ * much_work < longest_ ? longest_ : Duration::zero();
    }
    /// Work has come so long after the worker had run out of it.
    void count_gap(Duration gap) noexcept { count(gap_, gap); }
    /// The worker has run out of work, which it has had for so long.
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
