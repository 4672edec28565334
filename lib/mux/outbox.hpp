// Queue of frames that belong to no live stream: session frames first, then RESETs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "buffer/waker.hpp"
#include "mux/batch.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

/// Each kind has a bound, so that a peer that does not read cannot make the queue grow. Lives on the session's worker.
class Outbox {
public:
    /// A stream that this side has aborted, until its RESET is sent: only the values for RESET are kept. A peer that
    /// reads slowly could make this side hold any number of them, so the session counts them as streams.
    struct Abort {
        std::uint64_t delivered;
        wire::StreamId id;
        wire::Code code;
        bool in_order;  // everything was sent before, and the peer still delivers it
    };

    /// `waker` wakes the session's driver.
    explicit Outbox(buffer::Waker& waker) : waker_(waker) {}

    bool has_urgent() const noexcept { return !urgent_.empty(); }
    bool has_resets() const noexcept { return !refusals_.empty() || !aborts_.empty(); }
    /// Bytes of queued session frames.
    std::size_t urgent_bytes() const noexcept { return urgent_bytes_; }
    std::size_t aborts() const noexcept { return aborts_.size(); }

    /// Queues a whole session frame. Returns false without queuing it if that exceeds limits::urgent_bytes_max.
    [[nodiscard]] bool send(std::vector<std::uint8_t> frame);
    /// Queues a GOAWAY, without a bound: a session sends a few.
    void send_goaway(const wire::Goaway& goaway);
    /// To be called before the answer to a PING is sent. False if the limit of pending answers is reached.
    [[nodiscard]] bool count_pong() noexcept;
    /// Queues the refusal of an OPEN. Returns false without queuing it if the limit is reached: the peer opens streams
    /// and reads nothing.
    [[nodiscard]] bool refuse(wire::StreamId id, wire::Code code);
    void abort(const Abort& abort);

    /// Add frames while `batch` has room; return how many.
    std::uint64_t write_urgent(Batch& batch);
    std::uint64_t write_resets(Batch& batch);

    /// Drops the RESETs of aborted streams: the session is over.
    void clear_aborts() noexcept { aborts_.clear(); }
    /// Drops everything else: the connection is gone for good.
    void clear() noexcept;

private:
    void push(std::vector<std::uint8_t> frame);

    buffer::Waker& waker_;
    std::deque<std::vector<std::uint8_t>> urgent_;
    std::size_t urgent_bytes_ = 0;
    std::uint32_t pongs_waiting_ = 0;
    std::deque<std::pair<wire::StreamId, wire::Code>> refusals_;
    std::deque<Abort> aborts_;
};

}  // namespace ferrotunnel::mux
