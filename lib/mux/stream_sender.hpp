// Writes frames of streams into batches: control frames first, then data by deficit round robin.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mux/batch.hpp"
#include "mux/credit_granter.hpp"
#include "mux/send_lanes.hpp"
#include "mux/session_context.hpp"
#include "mux/stream_table.hpp"
#include "mux/wake_list.hpp"

namespace ferrotunnel::mux {

/// Lives on the session's worker.
class StreamSender {
public:
    /// All must outlive it.
    StreamSender(SessionContext& context, StreamTable& table, CreditGranter& credit, SendLanes& lanes,
                 WakeList& wakes) noexcept
        : context_(context), table_(table), credit_(credit), lanes_(lanes), wakes_(wakes) {}

    /// Sends the OPEN of a stream that was created here.
    void send_open(Stream& stream, buffer::Slice frame);
    /// Adds frames of the streams on the lanes, while `batch` has room. A stream's turn is `quantum` bytes.
    void write(Batch& batch, std::uint32_t quantum);

private:
    void write_control(Stream& stream, const buffer::Slice& open, Batch& batch);
    std::size_t write_next(Stream& stream, Batch& batch);
    std::size_t write_data(Stream& stream, StreamItem& item, Batch& batch);
    std::size_t write_fin(Stream& stream, Batch& batch);
    std::size_t write_reset(Stream& stream, wire::Code code, Batch& batch);
    std::size_t write_datagram(Stream& stream, Batch& batch);
    void append_frame(Stream& stream, const wire::FrameHeader& header, buffer::Slice payload, bool headroom,
                      Batch& batch);
    void end_sending(Stream& stream);
    void leave_queue(Stream& stream, std::uint32_t bytes);

    SessionContext& context_;
    StreamTable& table_;
    CreditGranter& credit_;
    SendLanes& lanes_;
    WakeList& wakes_;
};

}  // namespace ferrotunnel::mux
