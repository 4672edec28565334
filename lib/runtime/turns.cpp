#include "runtime/turns.hpp"

#include <algorithm>

namespace ferrotunnel::runtime {

Turns::Turns(Worker& worker) : timer_(worker, [this] { call(); }) {}

std::size_t Turns::acquire(shaping::Lane& lane) {
    const std::size_t granted = lane.acquire(queue_, timer_.now());
    if (granted == 0) {
        arm();
    }
    return granted;
}

void Turns::reschedule() noexcept {
    queue_.reschedule(timer_.now());
    arm();
}

void Turns::call() noexcept {
    queue_.call(timer_.now(), per_round_max);
    arm();
}

// The remaining lanes are due already, and have their turn in the next round. Without a rate a turn is due since the
// beginning of time, which no timer can represent.
void Turns::arm() noexcept {
    const TimePoint next = std::max(queue_.next(), timer_.now());
    if (next != timer_.deadline()) {
        timer_.set(next);
    }
}

}  // namespace ferrotunnel::runtime
