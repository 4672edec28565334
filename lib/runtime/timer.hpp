// Timers of a worker: any number of them over one Asio timer. Moving a deadline later costs no system call, so a
// session may move its deadline with every read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.hpp"

namespace ferrotunnel::runtime {

class TimerQueue;
class Worker;

/// A one-shot timer; its callback may set it again or destroy it. Lives on its worker and must not outlive it.
class Timer {
public:
    Timer(Worker& worker, std::function<void()> callback);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Replaces the deadline. A deadline in the past fires in the next round; `never` cancels.
    void set(TimePoint when) noexcept;
    /// Counts `delay` from the worker's cached time.
    void set_after(Duration delay) noexcept;
    void cancel() noexcept;

    bool is_set() const noexcept { return place_ != not_queued; }
    /// The worker's cached time, from which delays count.
    TimePoint now() const noexcept;
    TimePoint deadline() const noexcept { return when_; }

private:
    friend class TimerQueue;
    static constexpr std::size_t not_queued = static_cast<std::size_t>(-1);

    Worker& worker_;
    std::function<void()> callback_;
    TimePoint when_ = never;
    std::size_t place_ = not_queued;  // in the heap
    std::uint64_t set_in_ = 0;        // the run of `fire_due` during which it was set
};

/// The timers of one worker, in a binary heap by deadline. Equal deadlines fire in no particular order.
class TimerQueue {
public:
    TimePoint earliest() const noexcept { return heap_.empty() ? never : heap_.front()->when_; }
    std::size_t size() const noexcept { return heap_.size(); }
    /// The delay before a callback that failed for lack of memory is called again, unless it has set the timer itself.
    static constexpr Duration again_after = std::chrono::milliseconds(100);

    /// Thousands of visitors that arrived together have their deadlines at once; sockets have their turn between the
    /// calls.
    static constexpr int fired_at_once_max = 32;

    /// Fires the timers that are due, at most `fired_at_once_max` and none that a callback sets again: the others wait
    /// for the next call.
    void fire_due(TimePoint now);

private:
    friend class Timer;

    static bool call(const std::function<void()>& callback);
    void enlist();  // makes room for another timer, so that setting one never allocates
    void delist(Timer& timer) noexcept;
    void set(Timer& timer, TimePoint when) noexcept;
    void remove(Timer& timer) noexcept;
    void put(std::size_t at, Timer* timer) noexcept;
    void sift_up(std::size_t at) noexcept;
    void sift_down(std::size_t at) noexcept;

    std::vector<Timer*> heap_;
    std::size_t timers_ = 0;
    std::uint64_t run_ = 0;
    Timer* firing_ = nullptr;  // null again when its callback destroys it
};

}  // namespace ferrotunnel::runtime
