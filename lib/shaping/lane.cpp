#include "shaping/lane.hpp"

#include <algorithm>

namespace ferrotunnel::shaping {

std::array<Bucket*, Lane::levels> Lane::buckets(TimePoint now) noexcept {
    ServiceShape& service = visitor_->service();
    return {&visitor_->bucket(direction_, now), &service.buckets.of(direction_),
            &service.token().buckets.of(direction_)};
}

// Takes a quantum from every bucket with a rate. False if none has one.
bool Lane::take(TimePoint now) noexcept {
    from_ = buckets(now);
    std::size_t quantum = any_number;
    for (Bucket*& bucket : from_) {
        if (bucket->rate() == 0) {
            bucket = nullptr;
        } else {
            quantum = std::min(quantum, bucket->quantum());
        }
    }
    if (quantum == any_number) {
        return false;
    }
    left_ = quantum;
    for (std::size_t i = 0; i < levels; ++i) {
        positions_[i] = from_[i] != nullptr ? from_[i]->take(quantum, now) : 0;
    }
    state_ = State::granted;
    if (turn_at(now) > now) {
        state_ = State::waiting;
        for_each_taken([](Bucket& bucket) { bucket.begin_waiting(); });
    }
    return true;
}

TimePoint Lane::turn_at(TimePoint now) noexcept {
    (void)buckets(now);  // the visitor's own bucket adopts the present rate
    TimePoint when = TimePoint::min();
    for (std::size_t i = 0; i < levels; ++i) {
        if (from_[i] != nullptr) {
            when = std::max(when, from_[i]->time_of(positions_[i]));
        }
    }
    return when;
}

std::size_t Lane::acquire(TurnQueue& queue, TimePoint now) {
    if (is_queued()) {
        return 0;
    }
    const std::size_t granted = acquire(now);
    if (granted == 0) {
        queue.join(*this, turn_at(now));
    }
    return granted;
}

std::size_t Lane::acquire(TimePoint now) noexcept {
    if (state_ == State::idle && !take(now)) {
        return any_number;
    }
    if (state_ == State::waiting && turn_at(now) <= now) {
        grant();
    }
    return state_ == State::granted ? left_ : 0;
}

void Lane::grant() noexcept {
    for_each_taken([](Bucket& bucket) { bucket.end_waiting(); });
    state_ = State::granted;
}

void Lane::on_turn() noexcept {
    if (state_ == State::waiting) {
        grant();
    }
    owner_.wake();  // the lane may be gone
}

// Bytes that pass without a grant, like the head of a request, count too, and the next grant comes after them.
void Lane::passed(std::size_t bytes, TimePoint now) noexcept {
    std::size_t beyond = bytes;
    if (state_ == State::granted) {
        const std::size_t granted = std::min(bytes, left_);
        beyond -= granted;
        left_ -= granted;
        state_ = left_ == 0 ? State::idle : State::granted;
    }
    if (beyond == 0) {
        return;
    }
    for (Bucket* bucket : buckets(now)) {
        if (bucket->rate() != 0) {
            (void)bucket->take(beyond, now);
        }
    }
}

void Lane::settle() noexcept {
    leave();
    if (state_ == State::waiting) {
        grant();
    }
    if (state_ == State::granted) {
        for_each_taken([this](Bucket& bucket) { bucket.give_back(left_); });
    }
    left_ = 0;
    state_ = State::idle;
}

}  // namespace ferrotunnel::shaping
