// The wait for the first bytes of a stream whose backend could not be reached. The head of a request follows OPEN in a
// frame of its own, and a backend on this machine may refuse before that frame arrives: the record would have no
// request.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "backend/limits.hpp"
#include "base/clock.hpp"
#include "mux/stream.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::backend {

/// Lives on its worker, as long as the stream is not refused.
class HeadWait {
public:
    /// `over` is called once, from a timer, and may destroy this: when something of the stream has arrived, or after
    /// `late_head_patience`. The owner destroys this if the stream ends earlier.
    HeadWait(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream, std::function<void()> over)
        : stream_(std::move(stream)),
          over_(std::move(over)),
          timer_(worker, [this] { look(); }),
          until_(worker.now() + limits::late_head_patience) {
        timer_.set_after(pause_);
    }

private:
    static constexpr Duration pause_max = std::chrono::milliseconds(50);

    void look() {
        if (stream_->front() != nullptr || timer_.now() >= until_) {
            std::exchange(over_, nullptr)();
            return;
        }
        pause_ = std::min(pause_ * 2, pause_max);
        timer_.set_after(pause_);
    }

    const IntrusivePtr<mux::Stream> stream_;
    std::function<void()> over_;
    runtime::Timer timer_;
    const TimePoint until_;
    Duration pause_ = std::chrono::milliseconds(1);
};

}  // namespace ferrotunnel::backend
