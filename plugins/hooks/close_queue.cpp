#include "hooks/close_queue.hpp"

#include <exception>
#include <utility>

namespace ferrotunnel::plugins {

CloseQueue::CloseQueue(Endpoint& endpoint, std::size_t waiting_max, Endpoint::LogFunction tell)
    : endpoint_(endpoint), waiting_max_(waiting_max), log_(std::move(tell)) {}

void CloseQueue::add(Share share, std::string body) {
    bool has_dropped = false;
    {
        const std::lock_guard lock(mutex_);
        has_dropped = waiting_.size() >= waiting_max_;
        if (!has_dropped || waiting_.make_room_of_oldest(share)) {
            waiting_.push(share, std::move(body));
        }
    }
    if (has_dropped) {
        log_dropped(dropped_.add());
    }
    send_waiting();
}

// Several threads may run this; each takes what it finds.
void CloseQueue::send_waiting() {
    while (true) {
        std::string body;
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.empty() || running_ >= endpoint_.notices()) {
                return;
            }
            body = waiting_.pop();
            ++running_;
        }
        bool is_sent = false;
        try {
            is_sent = endpoint_.tell(body, [this](bool is_taken) {
                finished(is_taken);
                send_waiting();
            });
        } catch (const std::exception&) {  // no memory
        }
        if (!is_sent) {
            finished(false);
        }
    }
}

void CloseQueue::finished(bool is_taken) {
    if (!is_taken) {
        log_lost(lost_.add());
    }
    {
        const std::lock_guard lock(mutex_);
        --running_;
    }
    changed_.notify_all();
}

void CloseQueue::drain(std::chrono::milliseconds most) {
    std::size_t left = 0;
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, most, [this] { return waiting_.empty() && running_ == 0; });
        left = waiting_.size() + running_;
        waiting_ = {};
    }
    log_dropped(dropped_.rest());
    log_lost(lost_.rest() + left);
}

void CloseQueue::log_dropped(std::uint64_t count) {
    if (count != 0) {
        log_(plugin::Plugin::Level::warn, std::to_string(count) +
                                              " close event(s) were dropped, the oldest first: more than " +
                                              std::to_string(waiting_max_) + " waited");
    }
}

void CloseQueue::log_lost(std::uint64_t count) {
    if (count != 0) {
        log_(plugin::Plugin::Level::warn,
             std::to_string(count) + " close event(s) were lost: the endpoint did not accept them");
    }
}

}  // namespace ferrotunnel::plugins
