#include "event_delivery.hpp"

#include <exception>
#include <utility>

#include "sink_logger.hpp"

namespace ferrotunnel::detail {

void EventDelivery::tell(Event event) noexcept {
    if (!handler_) {
        return;
    }
    try {
        std::unique_lock lock(mutex_);
        const bool nested = teller_ == std::this_thread::get_id();
        if (!nested) {
            changed_.wait(lock, [this] { return waiting_.size() < waiting_max; });
        }
        waiting_.push_back(std::move(event));
        if (teller_ == std::thread::id()) {
            deliver(lock);
        }
    } catch (const std::exception& problem) {  // no memory: this one is lost, the tunnel is not
        log_.error("an event could not be told", {{"why", problem.what()}});
    }
}

void EventDelivery::wait_until_told() noexcept {
    std::unique_lock lock(mutex_);
    if (teller_ != std::this_thread::get_id()) {
        changed_.wait(lock, [this] { return waiting_.empty() && teller_ == std::thread::id(); });
    }
}

void EventDelivery::deliver(std::unique_lock<std::mutex>& lock) noexcept {
    teller_ = std::this_thread::get_id();
    while (!waiting_.empty()) {
        const Event event = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        call(event);
        lock.lock();
        changed_.notify_all();
    }
    teller_ = {};
    changed_.notify_all();
}

void EventDelivery::call(const Event& event) noexcept {
    try {
        handler_(event);
    } catch (...) {
        log_thrown(log_, "the event handler has thrown", std::current_exception());
    }
}

}  // namespace ferrotunnel::detail
