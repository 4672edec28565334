#include "runtime/deadline_wheel.hpp"

#include <algorithm>

#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

void Deadline::cancel() noexcept {
    when_ = never;
    unlink();
}

void Deadline::unlink() noexcept {
    if (wheel_ == nullptr) {
        return;
    }
    check_here(wheel_->worker_);
    const std::size_t slot = DeadlineWheel::slot_of(tick_);
    if (wheel_->cursor_ == this) {
        wheel_->cursor_ = next_;
    }
    (previous_ == nullptr ? wheel_->first_[slot] : previous_->next_) = next_;
    if (next_ != nullptr) {
        next_->previous_ = previous_;
    }
    wheel_->used_[slot] = wheel_->first_[slot] != nullptr;
    --wheel_->size_;
    wheel_ = nullptr;
}

DeadlineWheel::~DeadlineWheel() {
    for (Deadline* each : first_) {
        while (each != nullptr) {
            Deadline* next = each->next_;
            each->wheel_ = nullptr;
            each = next;
        }
    }
}

// The tick of a time, rounded up: when a tick has been reached, its deadlines have passed.
std::int64_t DeadlineWheel::tick_of(TimePoint when) noexcept {
    return (when.time_since_epoch() + tick - Duration(1)) / tick;
}

void DeadlineWheel::set_after(Deadline& deadline, Duration delay) noexcept {
    set(deadline, worker_.now() + delay);
}

void DeadlineWheel::set(Deadline& deadline, TimePoint when) noexcept {
    check_here(worker_);
    if (when == never) {
        deadline.cancel();
        return;
    }
    if (!timer_) {
        timer_.emplace(worker_, [this] { on_timer(); });
    }
    if (size_ == 0 && !is_visiting_) {
        done_ = worker_.now().time_since_epoch() / tick;
        next_ = done_ + 1;
    }
    deadline.when_ = when;
    const std::int64_t at = tick_of(when);
    if (deadline.wheel_ == this && deadline.tick_ <= at) {
        return;  // the earlier slot is reached first, and moves the deadline on
    }
    deadline.unlink();
    link(deadline, at);
    const TimePoint visit{Duration(deadline.tick_ * tick)};
    if (!timer_->is_set() || visit < timer_->deadline()) {
        timer_->set(visit);
    }
}

void DeadlineWheel::link(Deadline& deadline, std::int64_t at) noexcept {
    // An overdue deadline waits for the next visit; one beyond a turn of the wheel is checked within the turn.
    deadline.tick_ = std::clamp(at, done_ + 1, done_ + static_cast<std::int64_t>(slots) - 1);
    const std::size_t slot = slot_of(deadline.tick_);
    deadline.wheel_ = this;
    deadline.previous_ = nullptr;
    deadline.next_ = first_[slot];
    if (deadline.next_ != nullptr) {
        deadline.next_->previous_ = &deadline;
    }
    first_[slot] = &deadline;
    used_[slot] = true;
    ++size_;
}

void DeadlineWheel::on_timer() noexcept {
    const TimePoint now = worker_.now();
    const std::int64_t until = now.time_since_epoch() / tick;
    // After a long pause each slot is visited once.
    next_ = std::max(next_, until - static_cast<std::int64_t>(slots) + 1);
    done_ = std::max(done_, until);
    is_visiting_ = true;
    for (int left = per_round_max; next_ <= done_; ++next_) {
        if (used_[slot_of(next_)] && !visit_slot(next_, now, left)) {
            break;
        }
    }
    is_visiting_ = false;
    arm();
}

// False if more of the slot are left than may fire in this round.
bool DeadlineWheel::visit_slot(std::int64_t at, TimePoint now, int& left) noexcept {
    cursor_ = first_[slot_of(at)];
    while (Deadline* each = cursor_) {
        if (left == 0) {
            cursor_ = nullptr;
            return false;
        }
        cursor_ = each->next_;
        if (each->tick_ > done_) {
            continue;  // set again, for the next turn
        }
        const TimePoint when = each->when_;
        each->unlink();
        if (when > now) {
            link(*each, tick_of(when));
        } else {
            --left;
            each->when_ = never;
            each->on_deadline();
        }
    }
    return true;
}

void DeadlineWheel::arm() noexcept {
    if (size_ == 0) {
        return;
    }
    std::int64_t at = next_;
    while (!used_[slot_of(at)]) {
        ++at;
    }
    timer_->set(TimePoint{Duration(at * tick)});
}

}  // namespace ferrotunnel::runtime
