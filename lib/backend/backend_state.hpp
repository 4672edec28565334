// Whether the backend of a service answers, as its visitors find out: told once when it does not, and once when it is
// back. A line for each visitor would fill a disk for as long as a backend is down.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace ferrotunnel::backend {

/// Of one service. Any thread.
class BackendState {
public:
    /// What the lines say of it.
    struct Names {
        const std::string& service;
        const std::string& backend;
    };

    /// A visitor was refused, since it could not be reached.
    void failed(const Names& names, const std::string& why, TimePoint now, Logger& log);
    /// A visitor was connected to it. A load, where nothing has changed.
    void answered(const Names& names, TimePoint now, Logger& log) {
        if (down_.load(std::memory_order_relaxed)) {
            is_back(names, now, log);
        }
    }

private:
    void is_back(const Names& names, TimePoint now, Logger& log);

    std::atomic<bool> down_{false};  // and that was told
    std::mutex mutex_;
    bool ever_down_ = false;
    TimePoint down_since_{};        // as it was told last
    std::uint64_t not_served_ = 0;  // visitors, since it was told
};

}  // namespace ferrotunnel::backend
