// A reset throws away what the kernel has not delivered yet, so who resets a socket in order waits until its peer has
// everything, for as long as that goes on.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "runtime/socket.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::tunnel {

/// Lives on its worker, with a socket that outlives it.
class PatientReset {
public:
    /// `due` is called once, from a timer, and may destroy this.
    PatientReset(runtime::Worker& worker, int fd, std::function<void()> due)
        : worker_(worker),
          fd_(fd),
          due_(std::move(due)),
          timer_(worker, [this] { look(); }),
          progress_at_(worker.now()),
          unacknowledged_(runtime::unacknowledged_bytes(fd)) {
        timer_.set(worker.now());
    }

    /// `due` is not called any more. For who closes the socket before, and goes later.
    void cancel() noexcept { timer_.cancel(); }

private:
    static constexpr Duration pause_first = std::chrono::milliseconds(1);
    static constexpr Duration pause_max = std::chrono::milliseconds(50);

    void look() {
        const std::uint32_t left = runtime::unacknowledged_bytes(fd_);
        const TimePoint now = worker_.now();
        if (left < unacknowledged_) {
            unacknowledged_ = left;
            progress_at_ = now;
        }
        if (left == 0 || now - progress_at_ >= limits::reset_patience) {
            due_();
            return;
        }
        timer_.set(now + pause_);
        pause_ = std::min(pause_ * 2, pause_max);
    }

    runtime::Worker& worker_;
    const int fd_;
    const std::function<void()> due_;
    runtime::Timer timer_;
    TimePoint progress_at_;
    std::uint32_t unacknowledged_;
    Duration pause_ = pause_first;
};

}  // namespace ferrotunnel::tunnel
