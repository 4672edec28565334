// Lanes on which streams wait for a batch: one for their control frames, one for data.
#pragma once

#include <cstddef>
#include <utility>

#include "buffer/waker.hpp"
#include "mux/data_lane.hpp"
#include "mux/open_frames.hpp"
#include "mux/stream_list.hpp"

namespace ferrotunnel::mux {

/// Contains which streams wait, and in which order, but not what they write. Counts streams that have left the session
/// and are still on a lane, since they still use memory. Lives on the session's worker.
class SendLanes {
public:
    /// `waker` wakes the session's driver.
    explicit SendLanes(buffer::Waker& waker) noexcept : waker_(waker) {}

    bool empty() const noexcept { return control_.empty() && data_.empty(); }
    bool has_control() const noexcept { return !control_.empty(); }
    /// Streams that are over but still on a lane.
    std::size_t gone() const noexcept { return gone_; }

    /// Allocates what the next want_open() needs, which then does not throw.
    void reserve_open() { opens_.reserve_one(); }
    /// The stream, which this side has just opened, has its OPEN to write. The lane keeps their order.
    void want_open(Stream& stream, buffer::Slice frame) {
        opens_.push(stream.id(), std::move(frame));
        want_control(stream);
    }
    /// Its OPEN will not be written.
    void drop_open(const Stream& stream) noexcept { opens_.drop(stream.id()); }
    /// The stream has a control frame to write.
    void want_control(Stream& stream) {
        if (!stream.side_.in_control) {
            stream.side_.in_control = true;
            control_.push(stream);
        }
        waker_.wake();
    }
    /// The stream may have data to write.
    void want_data(Stream& stream) { data_.activate(stream); }
    /// The stream has left the session. To be called once, when `gone` was set.
    void note_gone(const Stream& stream) noexcept {
        gone_ += stream.side_.in_control || stream.side_.lane != LaneState::out ? 1U : 0U;
    }

    struct Control {
        IntrusivePtr<Stream> stream;
        buffer::Slice open;  // its OPEN, if that is to be written
    };
    /// The next stream with control frames. Only when has_control().
    Control pop_control() {
        IntrusivePtr<Stream> stream = control_.pop();
        stream->side_.in_control = false;
        gone_ -= stream->side_.gone && stream->side_.lane == LaneState::out ? 1U : 0U;
        buffer::Slice open = opens_.take(stream->id());
        return {std::move(stream), std::move(open)};
    }
    /// Fills `batch` with data, each stream in its turn of `quantum` bytes. `emit(Stream&)` adds one frame and returns
    /// its size, or 0 when the stream has nothing that it may send.
    template <typename Emit>
    void run_data(Batch& batch, std::uint32_t quantum, Emit emit) {
        data_.set_quantum(quantum);
        data_.run(batch, [this, &emit](Stream& stream) -> std::size_t {
            if (stream.side_.gone) {
                gone_ -= stream.side_.in_control ? 0U : 1U;  // the data lane drops its reference now
                return 0;
            }
            return emit(stream);
        });
    }

    void clear() {
        data_.clear();
        while (!control_.empty()) {
            control_.pop()->side_.in_control = false;
        }
        opens_.clear();
        gone_ = 0;
    }

private:
    buffer::Waker& waker_;
    StreamFifo<&StreamSide::control_next> control_;
    OpenFrames opens_;  // of streams in `control_`
    DataLane data_;
    std::size_t gone_ = 0;
};

}  // namespace ferrotunnel::mux
