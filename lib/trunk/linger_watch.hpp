// The end of a stream whose other end is gone, while its socket still has to accept the earlier bytes. A closed stream
// ends nothing by itself: the socket may take its time, but not for ever.
//
// Data that the socket's peer still sends has no reader, and is dropped here: a peer that reads nothing until it has
// sent everything, such as one that echoes, would otherwise wait for us while we wait for it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "mux/stream.hpp"
#include "runtime/socket.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::trunk {

/// Watches whether the socket's peer still reads. Lives on its worker; the socket outlives it.
class LingerWatch {
public:
    enum class Until : std::uint8_t {
        stalled,       // the socket does not accept all that waits for it
        acknowledged,  // the socket has accepted all and will be reset, which discards what its kernel still holds
    };

    /// `due` is called once, from a timer, and may destroy this: when the peer has acknowledged everything, if that is
    /// awaited, or has acknowledged nothing for the stream's `orphan_timeout`.
    LingerWatch(runtime::Worker& worker, int fd, const mux::Stream& stream, Until until, std::function<void()> due)
        : worker_(worker),
          fd_(fd),
          stream_(stream),
          until_(until),
          due_(std::move(due)),
          timer_(worker, [this] { check_progress(); }),
          progress_at_(worker.now()),
          acknowledged_(acknowledged()),
          pause_max_(until == Until::acknowledged ? pause_acknowledged_max
                                                  : stream.orphan_timeout() / stalled_checks_min) {
        timer_.set(worker.now() + pause_);
    }

    /// Prevents the call of `due`. For an owner that closes the socket first and destroys this later.
    void cancel() noexcept { timer_.cancel(); }

private:
    static constexpr Duration pause_min = std::chrono::milliseconds(1);
    static constexpr Duration pause_acknowledged_max = std::chrono::milliseconds(50);
    static constexpr int stalled_checks_min = 8;  // checks before the peer is dropped
    // The most bytes that a check reads and discards: at the shortest pause, a peer that never stops sending costs 16
    // MB/s until the timeout.
    static constexpr std::size_t unwanted_at_once = 16'384;

    /// Roughly the acknowledged bytes of the stream: the overhead of TLS is counted on one side only. Any change is
    /// progress.
    std::uint64_t acknowledged() const noexcept { return stream_.delivered() - runtime::unacknowledged_bytes(fd_); }

    void check_progress() {
        const TimePoint now = worker_.now();
        if (const std::uint64_t acknowledged_now = acknowledged(); acknowledged_now != acknowledged_) {
            acknowledged_ = acknowledged_now;
            progress_at_ = now;
        }
        const bool all = until_ == Until::acknowledged && runtime::unacknowledged_bytes(fd_) == 0;
        if (all || now - progress_at_ >= stream_.orphan_timeout()) {
            due_();
            return;
        }
        pause_ = drop_unwanted() ? pause_min : std::min(pause_ * 2, pause_max_);
        timer_.set(now + pause_);
    }

    /// True if there was some data.
    bool drop_unwanted() const noexcept {
        std::array<std::uint8_t, unwanted_at_once> unwanted;
        return runtime::read_some(fd_, MutableBytes(unwanted)).bytes > 0;
    }

    runtime::Worker& worker_;
    const int fd_;
    const mux::Stream& stream_;
    const Until until_;
    const std::function<void()> due_;
    runtime::Timer timer_;
    TimePoint progress_at_;
    std::uint64_t acknowledged_;
    Duration pause_ = pause_min;
    const Duration pause_max_;
};

}  // namespace ferrotunnel::trunk
