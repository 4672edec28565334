#include "access/lanes.hpp"

#include <exception>
#include <utility>

namespace ferrotunnel::access {

Lanes::Lanes(std::size_t workers, std::size_t bytes_max) {
    for (std::size_t i = 0; i < workers || i == 0; ++i) {
        lanes_.emplace_back(bytes_max);
    }
}

Lane& Lanes::assign_lane() noexcept {
    return lanes_[next_.fetch_add(1, std::memory_order_relaxed) % lanes_.size()];
}

void Lanes::put(Lane& lane, std::string_view line) noexcept {
    {
        const MutexLock lock(lane.mutex_);
        try {
            if (lane.text_.size() + line.size() > lane.bytes_max_) {
                ++lane.dropped_;
            } else {
                lane.text_ += line;
            }
        } catch (const std::exception&) {  // no memory for it
            ++lane.dropped_;
        }
    }
    if (!has_work_.load(std::memory_order_acquire)) {
        wake();
    }
}

void Lanes::drop(Lane& lane) noexcept {
    const MutexLock lock(lane.mutex_);
    ++lane.dropped_;
}

// The lane gets its buffer back, so that it does not have to grow again.
void Lanes::take_all(std::string& text) {
    has_work_.store(false, std::memory_order_release);
    for (Lane& lane : lanes_) {
        std::string taken;
        {
            const MutexLock lock(lane.mutex_);
            taken.swap(lane.text_);
        }
        text += taken;
        taken.clear();
        const MutexLock lock(lane.mutex_);
        if (lane.text_.empty()) {
            lane.text_.swap(taken);
        }
    }
}

std::uint64_t Lanes::take_dropped() noexcept {
    std::uint64_t dropped = 0;
    for (Lane& lane : lanes_) {
        const MutexLock lock(lane.mutex_);
        dropped += std::exchange(lane.dropped_, 0);
    }
    return dropped;
}

void Lanes::wait(const std::stop_token& ending, std::chrono::milliseconds most) {
    ReleasableLock lock(mutex_);
    awake_.wait_for(lock, ending, most, [this] { return has_work_.load(std::memory_order_acquire); });
}

void Lanes::wake() noexcept {
    const MutexLock lock(mutex_);
    has_work_.store(true, std::memory_order_release);
    awake_.notify_one();
}

}  // namespace ferrotunnel::access
