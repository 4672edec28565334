// Handles frames that the peer sends on streams, and rejects those that it may not send.
#pragma once

#include <cstddef>

#include "mux/compactor.hpp"
#include "mux/credit_granter.hpp"
#include "mux/liveness.hpp"
#include "mux/send_lanes.hpp"
#include "mux/session_context.hpp"
#include "mux/stream_ids.hpp"
#include "mux/stream_table.hpp"
#include "mux/wake_list.hpp"

namespace ferrotunnel::mux {

/// A frame for a stream that has ended is ignored; one for a stream that was never opened is a violation. Lives on the
/// session's worker.
class StreamReceiver {
public:
    /// All must outlive it.
    struct Parts {
        SessionContext& context;
        const StreamIds& ids;
        const Liveness& liveness;
        OpenLimiter& opens;
        StreamTable& table;
        MemoryBudget& budget;
        CreditGranter& credit;
        SendLanes& lanes;
        Compactor& compactor;
        WakeList& wakes;
    };
    explicit StreamReceiver(const Parts& parts) noexcept : parts_(parts) {}

    /// The header of a DATA frame, whose payload follows in pieces.
    Violation begin_data(const wire::FrameHeader& header);
    /// A piece of that payload. True if the sender was stopped by credit, and a new round trip sample would help to
    /// choose its window.
    bool on_data(const wire::FrameHeader& header, buffer::Slice&& piece, bool first, bool last);
    Violation on_opened(wire::StreamId id, Bytes payload);
    /// CREDIT for a stream, or, with id 0, the first window of streams that this side opens from now on.
    Violation on_credit(wire::StreamId id, Bytes payload);
    Violation on_reset(wire::StreamId id, std::uint8_t flags, Bytes payload);
    Violation on_datagram(wire::StreamId id, Bytes payload);
    /// The stream of a DATA frame whose payload has not arrived in full; null if there is none.
    const Stream* receiving() const noexcept { return data_target_.get(); }
    /// Drops the rest of the payload that is being read: the session is over.
    void drop_target() noexcept { data_target_.reset(); }

private:
    Stream* find_live(wire::StreamId id) const {
        Stream* const stream = parts_.table.find(id);
        // The peer cannot know a stream whose OPEN still waits here, though it may guess the id.
        return stream != nullptr && !stream->side_.open_due ? stream : nullptr;
    }
    Violation on_missing(wire::StreamId id);
    bool should_copy(const Stream& stream, const wire::FrameHeader& header, const buffer::Slice& piece) const noexcept;
    void queue_data(Stream& stream, buffer::Slice&& piece, const wire::FrameHeader& header, bool first);
    bool end_data(Stream& stream, const wire::FrameHeader& header);
    Violation add_send_credit(Stream& stream, std::uint32_t credit);
    void count_payload(const Stream& stream, std::size_t bytes) noexcept;

    const Parts parts_;
    IntrusivePtr<Stream> data_target_;  // stream whose DATA payload is being read; null: ignored
};

}  // namespace ferrotunnel::mux
