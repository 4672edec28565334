#include "runtime/turns.hpp"

#include <algorithm>

#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

Turns::Turns(Worker& worker) : worker_(worker), timer_(worker, [this] { call(); }) {}

std::size_t Turns::ask(shaping::Lane& lane) {
    check_here(worker_);
    const std::size_t granted = lane.ask(queue_, worker_.now());
    if (granted == 0) {
        arm();
    }
    return granted;
}

void Turns::ask_again() noexcept {
    check_here(worker_);
    queue_.ask_again(worker_.now());
    arm();
}

void Turns::call() noexcept {
    queue_.call(worker_.now(), per_round_max);
    arm();
}

// Those who are left over are due already, and have their turn in the next round. Without a rate a turn is due since
// the beginning of time, with which no timer can count.
void Turns::arm() noexcept {
    const TimePoint next = std::max(queue_.next(), worker_.now());
    if (next != timer_.deadline()) {
        timer_.set(next);
    }
}

}  // namespace ferrotunnel::runtime
