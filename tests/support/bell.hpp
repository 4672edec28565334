// A bell that a test's thread sleeps on: it remembers one ring, and the sleeper gives up at a deadline instead of
// hanging.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ferrotunnel::test {

/// Generous: only a wake that was really lost takes this long, also on a loaded machine under a sanitizer.
inline constexpr std::chrono::seconds lost_wake_deadline{120};

class Bell {
public:
    /// May be called on any thread.
    void ring() noexcept {
        rings_.fetch_add(1, std::memory_order_relaxed);
        // Under the lock: once wait() has returned, the bell may be destroyed.
        std::lock_guard lock(mutex_);
        rung_ = true;
        condition_.notify_one();
    }

    /// Sleeps until the bell rings, unless it has rung since the last wait. False when the deadline has passed.
    bool wait(std::chrono::seconds deadline = lost_wake_deadline) {
        std::unique_lock lock(mutex_);
        bool in_time = condition_.wait_for(lock, deadline, [this] { return rung_; });
        rung_ = false;
        return in_time;
    }

    std::uint64_t rings() const noexcept { return rings_.load(std::memory_order_relaxed); }

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool rung_ = false;
    std::atomic<std::uint64_t> rings_{0};
};

}  // namespace ferrotunnel::test
