// The lanes on a worker whose bytes wait for their turn, with one timer for all of them, which is set only while one
// waits.
#pragma once

#include <cstddef>

#include "runtime/timer.hpp"
#include "shaping/lane.hpp"
#include "shaping/turn_queue.hpp"

namespace ferrotunnel::runtime {

class Worker;

/// Lives on its worker.
class Turns {
public:
    /// Turns in one round of the worker: sockets have theirs in between.
    static constexpr std::size_t per_round_max = 64;

    /// `worker` is that of the timer, whose time is used.
    explicit Turns(Worker& worker);

    /// How many bytes may pass in the lane now; 0: its owner is woken when some may.
    std::size_t acquire(shaping::Lane& lane);
    /// Rates have changed: waiting lanes wait as long as the present rates require.
    void reschedule() noexcept;
    /// The number of waiting lanes.
    std::size_t waiting() const noexcept { return queue_.size(); }

private:
    void call() noexcept;
    void arm() noexcept;

    shaping::TurnQueue queue_;
    Timer timer_;
};

}  // namespace ferrotunnel::runtime
