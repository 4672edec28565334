// Limiter of events of one kind that peers may cause per second, with or without a log: the application's handler
// receives every event within the limit.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel::session {

/// Counts the events of one kind; any thread.
class EventQuota {
public:
    explicit EventQuota(std::uint32_t per_second) : per_second_(per_second) {}

    bool may_report(TimePoint now) {
        const MutexLock lock(mutex_);
        if (now - began_ >= std::chrono::seconds(1)) {
            began_ = now;
            reported_ = 0;
        }
        return reported_ < per_second_ && ++reported_ > 0;
    }

private:
    const std::uint32_t per_second_;
    Mutex mutex_;
    TimePoint began_ GUARDED_BY(mutex_){};
    std::uint32_t reported_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ferrotunnel::session
