// Lock on one half of a stream, which both the application and the trunk's worker may have to process.
//
//          begin, claim               park
//    idle --------------> running --------------> parked
//         <--------------   | ^   <--------------
//               end         | |     wake, claim
//               wake, claim | | park, end (refused)
//                           v |
//                          rerun     another thread called while the holder worked: it must check again
//
// The thread whose step enters `running` holds the lock, and only it accesses that half. The holder releases it by
// `end` (nothing is outstanding) or `park` (something is, and waits for a wake). Both refuse if another thread called
// in the meantime, so that no wake is lost. Every step is a read-modify-write of one word: the steps of all threads are
// in one order, and each sees what was written before the step that it follows.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferrotunnel::detail {

class HandoffLock {
public:
    /// Acquires the lock if it is idle. True if it was; the caller holds it now.
    bool begin() noexcept {
        State expected = State::idle;
        return state_.compare_exchange_strong(expected, State::running, std::memory_order_acq_rel);
    }

    /// Reports a change. True: something was parked, and the caller holds the lock now. False if nothing is
    /// outstanding, or the holder will check again.
    bool wake() noexcept {
        return step([](State now) { return now == State::parked ? State::running : busy(now); }) == State::parked;
    }

    /// Reports work to be done, whether anything is outstanding or not. True: the caller holds the lock now and must do
    /// it. False: the holder will.
    bool claim() noexcept {
        State before =
            step([](State now) { return now == State::idle || now == State::parked ? State::running : busy(now); });
        return before == State::idle || before == State::parked;
    }

    /// Releases the lock while an operation is outstanding. False: new work was reported, and the holder must check
    /// again.
    bool park() noexcept { return let_go(State::parked); }
    /// Releases the lock when nothing is outstanding. False: new work was reported, and the holder must check again.
    bool end() noexcept { return let_go(State::idle); }

private:
    enum class State : std::uint8_t { idle, running, rerun, parked };

    static State busy(State now) noexcept { return now == State::running ? State::rerun : now; }

    template <typename Next>
    State step(Next next) noexcept {
        State now = state_.load(std::memory_order_relaxed);
        while (!state_.compare_exchange_weak(now, next(now), std::memory_order_acq_rel, std::memory_order_relaxed)) {
        }
        return now;
    }

    bool let_go(State to) noexcept {
        State expected = State::running;
        if (state_.compare_exchange_strong(expected, to, std::memory_order_acq_rel)) {
            return true;
        }
        state_.exchange(State::running, std::memory_order_acq_rel);
        return false;
    }

    std::atomic<State> state_{State::idle};
};

}  // namespace ferrotunnel::detail
