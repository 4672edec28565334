// Queue of waiting turns on one worker, the next one first.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.hpp"

namespace ferrotunnel::shaping {

class TurnQueue;

/// A place in a queue. Destroying it leaves the queue.
class Turn {
public:
    Turn() = default;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

protected:
    ~Turn() { leave(); }

    /// When its turn comes, at the present rates.
    virtual TimePoint turn_at(TimePoint now) noexcept = 0;
    /// Its turn has come, and it has left the queue. May join again, and end this turn and others.
    virtual void on_turn() noexcept = 0;

    bool is_queued() const noexcept { return queue_ != nullptr; }
    void leave() noexcept;

private:
    friend class TurnQueue;
    TurnQueue* queue_ = nullptr;
    std::size_t place_ = 0;  // in the heap
    TimePoint when_{};
};

/// For one thread. May be destroyed before the turns that wait in it.
class TurnQueue {
public:
    TurnQueue() = default;
    TurnQueue(const TurnQueue&) = delete;
    TurnQueue& operator=(const TurnQueue&) = delete;
    ~TurnQueue();

    /// Adds a turn that is not queued. May throw if memory runs out.
    void join(Turn& turn, TimePoint when);
    /// Calls turns that are due, at most `most`; the others can be called next.
    void call(TimePoint now, std::size_t most) noexcept;
    /// Determines the time of every turn again: rates have changed.
    void reschedule(TimePoint now) noexcept;

    /// When the next turn comes; `never` if none waits.
    TimePoint next() const noexcept { return heap_.empty() ? never : heap_.front()->when_; }
    std::size_t size() const noexcept { return heap_.size(); }

private:
    friend class Turn;

    void remove(Turn& turn) noexcept;
    void put(std::size_t at, Turn* turn) noexcept;
    void sift_up(std::size_t at) noexcept;
    void sift_down(std::size_t at) noexcept;

    std::vector<Turn*> heap_;  // by when_
};

}  // namespace ferrotunnel::shaping
