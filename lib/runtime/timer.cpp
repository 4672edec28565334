#include "runtime/timer.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

Timer::Timer(Worker& worker, std::function<void()> callback) : worker_(worker), callback_(std::move(callback)) {
    worker_.timer_queue().enlist();
}

Timer::~Timer() {
    worker_.timer_queue().delist(*this);
}

void Timer::set(TimePoint when) noexcept {
    if (when == never) {
        cancel();
        return;
    }
    worker_.timer_queue().set(*this, when);
    worker_.timer_moved();
}

void Timer::set_after(Duration delay) noexcept {
    TimePoint now = this->now();
    set(delay < never - now ? now + delay : never);
}

TimePoint Timer::now() const noexcept {
    return worker_.now();
}

void Timer::cancel() noexcept {
    worker_.timer_queue().remove(*this);
}

void TimerQueue::enlist() {
    if (++timers_ > heap_.capacity()) {
        heap_.reserve(std::max<std::size_t>(16, 2 * timers_));
    }
}

void TimerQueue::delist(Timer& timer) noexcept {
    remove(timer);
    --timers_;
    if (firing_ == &timer) {
        firing_ = nullptr;
    }
}

void TimerQueue::set(Timer& timer, TimePoint when) noexcept {
    TimePoint before = std::exchange(timer.when_, when);
    timer.set_in_ = run_;
    if (!timer.is_set()) {
        heap_.push_back(&timer);
        put(heap_.size() - 1, &timer);
        sift_up(timer.place_);
    } else if (when < before) {
        sift_up(timer.place_);
    } else {
        sift_down(timer.place_);
    }
}

void TimerQueue::remove(Timer& timer) noexcept {
    if (!timer.is_set()) {
        return;
    }
    std::size_t at = std::exchange(timer.place_, Timer::not_queued);
    timer.when_ = never;
    Timer* last = heap_.back();
    heap_.pop_back();
    if (last != &timer) {
        put(at, last);
        sift_up(at);
        sift_down(last->place_);
    }
}

// False if the callback lacked memory. It is called again a little later: its work must be done eventually, and the
// process continues meanwhile.
bool TimerQueue::call(const std::function<void()>& callback) {
    try {
        callback();
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

void TimerQueue::fire_due(TimePoint now) {
    ++run_;
    // A timer that a callback sets to a time in the past is at the top again. It ends this run, and fires in the next
    // one.
    for (int left = fired_at_once_max; left > 0; --left) {
        if (heap_.empty() || heap_.front()->when_ > now || heap_.front()->set_in_ == run_) {
            return;
        }
        Timer* timer = heap_.front();
        remove(*timer);
        firing_ = timer;
        std::function<void()> callback = std::move(timer->callback_);
        const bool done = call(callback);
        if (firing_ == timer) {
            timer->callback_ = std::move(callback);
            if (!done && !timer->is_set()) {
                set(*timer, now + again_after);
            }
        }
        firing_ = nullptr;
    }
}

void TimerQueue::put(std::size_t at, Timer* timer) noexcept {
    heap_[at] = timer;
    timer->place_ = at;
}

void TimerQueue::sift_up(std::size_t at) noexcept {
    Timer* timer = heap_[at];
    while (at > 0) {
        std::size_t parent = (at - 1) / 2;
        if (heap_[parent]->when_ <= timer->when_) {
            break;
        }
        put(at, heap_[parent]);
        at = parent;
    }
    put(at, timer);
}

void TimerQueue::sift_down(std::size_t at) noexcept {
    Timer* timer = heap_[at];
    for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
        if (child + 1 < heap_.size() && heap_[child + 1]->when_ < heap_[child]->when_) {
            ++child;
        }
        if (timer->when_ <= heap_[child]->when_) {
            break;
        }
        put(at, heap_[child]);
        at = child;
    }
    put(at, timer);
}

}  // namespace ferrotunnel::runtime
