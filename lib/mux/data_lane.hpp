// Decides which stream sends next: deficit round robin by bytes, with a head start for streams that are new or were
// idle.
//
//   activate --> fresh ----(deficit used up, or emptied while others wait)----> rotating --(nothing to send)--> out
//           \--> rotating (woken with a lot waiting) ------------------------>/
//
// A stream in `fresh` is served before every stream in `rotating`, but only for one quantum, and it must pass through
// `rotating` before it can be fresh again: a stream cannot jump the queue by sending little and often.
#pragma once

#include "base/limits.hpp"
#include "mux/batch.hpp"
#include "mux/stream_list.hpp"

namespace ferrotunnel::mux {

class DataLane {
public:
    ~DataLane() { clear(); }

    bool empty() const noexcept { return fresh_.empty() && rotating_.empty(); }
    /// Sets what each stream may send in its turn from now on.
    void set_quantum(std::uint32_t bytes) noexcept { quantum_ = static_cast<std::int32_t>(bytes); }

    /// Puts a stream that may have something to send on the lane. Does nothing when it is there already.
    void activate(Stream& stream) {
        StreamSide& side = stream.side_;
        if (side.lane != LaneState::out) {
            return;
        }
        bool sparse = !side.sent_any || stream.queued_bytes() <= limits::sparse_bytes;
        side.lane = sparse ? LaneState::fresh : LaneState::rotating;
        side.deficit = quantum_;
        (sparse ? fresh_ : rotating_).push(stream);
    }

    /// Fills `batch`. `emit(Stream&)` adds one frame and returns its size, or 0 when the stream has nothing that it may
    /// send.
    template <typename Emit>
    void run(Batch& batch, Emit emit) {
        while (batch.has_room() && !empty()) {
            StreamList& list = fresh_.empty() ? rotating_ : fresh_;
            Stream& stream = *list.front();
            if (stream.side_.deficit <= 0) {
                stream.side_.deficit += quantum_;
                rotate(list);
                continue;
            }
            std::size_t sent = emit(stream);
            if (sent == 0) {
                retire(list);
            } else {
                stream.side_.deficit -= static_cast<std::int32_t>(sent);
                stream.side_.sent_any = true;
            }
        }
    }

    void clear() {
        for (StreamList* list : {&fresh_, &rotating_}) {
            while (!list->empty()) {
                list->pop()->side_.lane = LaneState::out;
            }
        }
    }

private:
    using StreamList = StreamFifo<&StreamSide::lane_next>;

    void rotate(StreamList& list) {
        IntrusivePtr<Stream> stream = list.pop();
        stream->side_.lane = LaneState::rotating;
        rotating_.push(*stream);
    }
    void retire(StreamList& list) {
        if (&list == &fresh_ && !rotating_.empty() && !list.front()->side_.gone) {
            rotate(list);
        } else {
            list.pop()->side_.lane = LaneState::out;
        }
    }

    StreamList fresh_;
    StreamList rotating_;
    std::int32_t quantum_ = limits::quantum_min;
};

}  // namespace ferrotunnel::mux
