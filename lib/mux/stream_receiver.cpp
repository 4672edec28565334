#include "mux/stream_receiver.hpp"

#include <utility>

#include "mux/mutant.hpp"

namespace ferrotunnel::mux {

using wire::Code;
using wire::StreamId;

// The frame is ignored if the stream has ended.
Violation StreamReceiver::on_missing(StreamId id) {
    if (parts_.table.find(id) != nullptr || !parts_.ids.is_known(id)) {
        return {Code::stream_id, "a frame for a stream that was never opened"};
    }
    ++parts_.context.stats.frames_ignored;
    return {};
}

// --- data ---

Violation StreamReceiver::begin_data(const wire::FrameHeader& header) {
    data_target_.reset();
    Stream* const stream = find_live(header.stream);
    if (stream == nullptr) {
        return on_missing(header.stream);
    }
    StreamSide& side = stream->side_;
    if (!side.receive_open) {
        return {Code::protocol, "DATA after FIN"};
    }
    if (header.length > 0) {
        const WindowRules& rules = parts_.context.window_rules;
        const std::uint64_t before = side.window.committed(rules);
        if (!side.window.receive(header.length + limits::data_frame_cost, parts_.context.now)) {
            return {Code::flow_control, "more DATA than credit"};
        }
        parts_.budget.commit(before, side.window.committed(rules));
    }
    data_target_ = IntrusivePtr<Stream>(stream);
    return {};
}

bool StreamReceiver::on_data(const wire::FrameHeader& header, buffer::Slice&& piece, bool first, bool last) {
    if (!data_target_ || data_target_->side_.gone) {
        return false;
    }
    if (!piece.empty()) {
        count_payload(*data_target_, piece.size());
        queue_data(*data_target_, std::move(piece), header, first);
    }
    if (!last) {
        return false;
    }
    const IntrusivePtr<Stream> stream = std::move(data_target_);
    return end_data(*stream, header);
}

void StreamReceiver::count_payload(const Stream& stream, std::size_t bytes) noexcept {
    parts_.context.stats.payload_received += bytes;
    if (stream.meter_) {
        stream.meter_->received.add(bytes);
    }
}

// Small payloads are copied for an endpoint on another thread, since they cannot be compacted later. They are also
// copied for an endpoint that is behind: otherwise each of them would pin a slab until everything before it was
// consumed, even if bytes of other streams keep that slab from being compacted now and are consumed soon after.
bool StreamReceiver::should_copy(const Stream& stream, const wire::FrameHeader& header,
                                 const buffer::Slice& piece) const noexcept {
    if (stream.side_.foreign) {
        return piece.size() < limits::copy_below;
    }
    return header.length < limits::copy_below && parts_.compactor.is_behind(stream);
}

void StreamReceiver::queue_data(Stream& stream, buffer::Slice&& piece, const wire::FrameHeader& header, bool first) {
    SessionContext& context = parts_.context;
    StreamSide& side = stream.side_;
    const std::uint32_t cost = first ? limits::data_frame_cost : 0;
    const std::uint64_t cost_of_all = piece.size() + cost;
    if (stream.waiting() == 0) {
        side.taken_at = CoarseTime(context.now);  // the endpoint was idle, not behind
    }
    const bool copied = should_copy(stream, header, piece);
    side.pushed += cost_of_all;
    if (side.discarding) {
        stream.count_taken(cost_of_all);
        return;
    }
    if (copied) {
        context.stats.bytes_copied += piece.size();
        piece = side.foreign ? buffer::Slice::copy_of(piece.bytes(), context.shared->ledger.get())
                             : stream.copy_together(piece, side.pushed);
    }
    if (mutant(Mutant::doubled_slice)) {
        StreamItem twin;
        twin.slice = piece.share(0, piece.size());
        stream.push_inbound(std::move(twin));
    }
    if (mutant(Mutant::leaked_slab)) {
        piece.slab()->add_ref();
    }
    StreamItem item;
    item.slice = std::move(piece);
    item.cost = cost;
    const auto place = stream.push_inbound(std::move(item));
    parts_.wakes.touch(stream, false);
    parts_.compactor.add_data(stream, place, cost_of_all, !side.foreign && !copied);
}

// True: the sender was stopped by credit.
bool StreamReceiver::end_data(Stream& stream, const wire::FrameHeader& header) {
    StreamSide& side = stream.side_;
    const bool blocked = (header.flags & wire::flag::blocked) != 0;
    if (blocked) {
        parts_.credit.grow(stream, parts_.liveness.rtt_min());
    }
    if ((header.flags & wire::flag::fin) == 0) {
        return blocked;
    }
    // The remaining credit will not be used.
    parts_.budget.commit(side.committed(parts_.context.window_rules), 0);
    side.receive_open = false;
    parts_.credit.set_mark(stream);  // switched off: further consumption by the endpoint does not matter
    if (!side.discarding) {
        StreamItem item;
        item.kind = StreamItem::Kind::fin;
        stream.push_inbound(std::move(item));
        parts_.wakes.touch(stream, false);
    }
    parts_.table.end_if_closed(stream);
    return blocked;
}

// --- other frames ---

Violation StreamReceiver::on_opened(StreamId id, Bytes payload) {
    Stream* const stream = find_live(id);
    if (stream == nullptr) {
        return on_missing(id);
    }
    const auto credit = wire::decode_opened(payload);
    if (!credit) {
        return {};
    }
    if (!stream->side_.opened_here || stream->side_.answered) {
        return {Code::protocol, "an OPENED for a stream that does not wait for it"};
    }
    parts_.table.answer(*stream);
    stream->answer_.store(Stream::Answer::received, std::memory_order_release);
    parts_.wakes.touch(*stream, true);
    return add_send_credit(*stream, *credit);
}

Violation StreamReceiver::on_credit(StreamId id, Bytes payload) {
    const auto credit = wire::decode_credit(payload);
    if (!credit) {
        return {};
    }
    if (id == 0) {
        if (*credit < limits::first_window_min) {
            return {Code::flow_control, "a first window of less than 4 KiB"};
        }
        parts_.opens.set_peer_first_window(*credit);
        return {};
    }
    Stream* const stream = find_live(id);
    return stream != nullptr ? add_send_credit(*stream, *credit) : on_missing(id);
}

Violation StreamReceiver::add_send_credit(Stream& stream, std::uint32_t credit) {
    StreamSide& side = stream.side_;
    if (std::uint64_t{side.send_credit} + credit > limits::credit_outstanding_max) {
        return {Code::flow_control, "credit beyond 2^31"};
    }
    side.send_credit += credit;
    if (stream.outbound_.front() != nullptr) {
        parts_.lanes.want_data(stream);
        parts_.context.shared->waker->wake();
    }
    return {};
}

Violation StreamReceiver::on_reset(StreamId id, std::uint8_t flags, Bytes payload) {
    Stream* const stream = find_live(id);
    if (stream == nullptr) {
        return on_missing(id);
    }
    const auto reset = wire::decode_reset(payload);
    if (!reset) {
        return {};
    }
    ++parts_.context.stats.resets;
    parts_.table.count_refusal(*stream, !stream->side_.opened_here, reset->code);
    stream->peer_delivered_.store(reset->delivered, std::memory_order_relaxed);
    // An endpoint that discards data learns of any reset at once.
    if ((flags & wire::flag::abort) != 0 || stream->side_.discarding) {
        parts_.table.end(*stream, {StreamEnd::Kind::aborted, reset->code});
        return {};
    }
    // The reset is passed on in order: after the data, and after FIN if that arrived before.
    StreamItem item;
    item.kind = StreamItem::Kind::reset;
    item.code = reset->code;
    stream->push_inbound(std::move(item));
    parts_.table.end(*stream, {});
    parts_.wakes.touch(*stream, true);  // the list already keeps the stream
    return {};
}

// Datagrams are dropped rather than waited for: beyond the bounds the newest one is dropped. Only bytes really held
// count against the session's budget: credit of other streams is not a reason to drop.
Violation StreamReceiver::on_datagram(StreamId id, Bytes payload) {
    SessionContext& context = parts_.context;
    Stream* const stream = find_live(id);
    if (stream == nullptr) {
        return on_missing(id);
    }
    if (stream->kind() != wire::ServiceKind::udp) {
        ++context.stats.datagrams_dropped;  // a byte stream cannot carry a datagram
        return {};
    }
    const auto size = static_cast<std::uint32_t>(payload.size());
    QueuedDatagrams& counts = stream->extras().datagrams;
    const bool full = counts.held.load(std::memory_order_relaxed) >= limits::datagrams_queued_max ||
                      counts.bytes_held.load(std::memory_order_relaxed) + size > limits::datagram_bytes_queued_max;
    if (!stream->side_.receive_open || stream->side_.discarding || full ||
        context.shared->ledger->bytes() >= context.settings.budget) {
        ++context.stats.datagrams_dropped;
        counts.no_room.fetch_add(1, std::memory_order_relaxed);
        return {};
    }
    counts.held.fetch_add(1, std::memory_order_relaxed);
    counts.bytes_held.fetch_add(size, std::memory_order_relaxed);
    StreamItem item;
    item.kind = StreamItem::Kind::datagram;
    item.slice = buffer::Slice::copy_of(payload, context.shared->ledger.get());
    count_payload(*stream, size);
    context.stats.bytes_copied += size;
    stream->push_inbound(std::move(item));
    parts_.wakes.touch(*stream, false);
    return {};
}

}  // namespace ferrotunnel::mux
