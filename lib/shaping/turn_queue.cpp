#include "shaping/turn_queue.hpp"

namespace ferrotunnel::shaping {

void Turn::leave() noexcept {
    if (queue_ != nullptr) {
        queue_->remove(*this);
    }
}

TurnQueue::~TurnQueue() {
    for (Turn* turn : heap_) {
        turn->queue_ = nullptr;
    }
}

void TurnQueue::join(Turn& turn, TimePoint when) {
    heap_.push_back(&turn);
    turn.queue_ = this;
    turn.when_ = when;
    put(heap_.size() - 1, &turn);
    sift_up(turn.place_);
}

void TurnQueue::call(TimePoint now, std::size_t most) noexcept {
    for (std::size_t called = 0; called < most && next() <= now; ++called) {
        Turn& turn = *heap_.front();
        remove(turn);
        turn.on_turn();
    }
}

void TurnQueue::reschedule(TimePoint now) noexcept {
    for (Turn* turn : heap_) {
        turn->when_ = turn->turn_at(now);
    }
    for (std::size_t at = heap_.size() / 2; at > 0; --at) {
        sift_down(at - 1);
    }
}

void TurnQueue::remove(Turn& turn) noexcept {
    const std::size_t at = turn.place_;
    turn.queue_ = nullptr;
    Turn* const last = heap_.back();
    heap_.pop_back();
    if (last != &turn) {
        put(at, last);
        sift_up(at);
        sift_down(last->place_);
    }
}

void TurnQueue::put(std::size_t at, Turn* turn) noexcept {
    heap_[at] = turn;
    turn->place_ = at;
}

void TurnQueue::sift_up(std::size_t at) noexcept {
    Turn* const turn = heap_[at];
    while (at > 0) {
        const std::size_t above = (at - 1) / 2;
        if (heap_[above]->when_ <= turn->when_) {
            break;
        }
        put(at, heap_[above]);
        at = above;
    }
    put(at, turn);
}

void TurnQueue::sift_down(std::size_t at) noexcept {
    Turn* const turn = heap_[at];
    for (;;) {
        std::size_t below = 2 * at + 1;
        if (below >= heap_.size()) {
            break;
        }
        if (below + 1 < heap_.size() && heap_[below + 1]->when_ < heap_[below]->when_) {
            ++below;
        }
        if (turn->when_ <= heap_[below]->when_) {
            break;
        }
        put(at, heap_[below]);
        at = below;
    }
    put(at, turn);
}

}  // namespace ferrotunnel::shaping
