#include "mux/stream_sender.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "mux/mutant.hpp"

namespace ferrotunnel::mux {

using wire::Code;
using wire::FrameType;

void StreamSender::send_open(Stream& stream, buffer::Slice frame) {
    stream.side_.open_due = true;
    lanes_.want_open(stream, std::move(frame));
}

void StreamSender::write(Batch& batch, std::uint32_t quantum) {
    while (lanes_.has_control() && batch.has_room()) {
        const auto [stream, open] = lanes_.pop_control();
        write_control(*stream, open, batch);
    }
    lanes_.run_data(batch, quantum, [&](Stream& stream) { return write_next(stream, batch); });
}

void StreamSender::write_control(Stream& stream, const buffer::Slice& open, Batch& batch) {
    StreamSide& side = stream.side_;
    const auto count = [&](std::size_t n) {
        batch.commit(n);
        ++context_.stats.frames_sent;
    };
    check(side.open_due == !open.empty(), "a stream leaves the lane with its OPEN");
    if (side.open_due) {
        side.open_due = false;
        std::copy_n(open.data(), open.size(), batch.scratch(open.size()));
        count(open.size());
    }
    if (side.opened_due) {
        side.opened_due = false;
        const std::uint32_t credit = credit_.grant(stream);
        count(wire::encode_opened(stream.id(), credit, batch.scratch(wire::opened_frame_bytes)));
        credit_.set_mark(stream);
    }
    if (side.credit_due) {
        side.credit_due = false;
        const std::uint32_t credit = credit_.grant(stream);
        if (credit != 0 && !mutant(Mutant::lost_credit)) {
            count(wire::encode_credit(stream.id(), credit, batch.scratch(wire::credit_frame_bytes)));
            if (mutant(Mutant::doubled_credit)) {
                count(wire::encode_credit(stream.id(), credit, batch.scratch(wire::credit_frame_bytes)));
            }
        }
        credit_.set_mark(stream);
    }
}

// Writes the stream's next frame. Returns its size, or 0 if nothing may be sent now.
std::size_t StreamSender::write_next(Stream& stream, Batch& batch) {
    StreamItem* const item = stream.outbound_.front();
    if (item == nullptr) {
        (void)stream.outbound_.try_park();  // an idle queue holds no memory; the ready list brings it back
        stream.side_.waits = false;
        return 0;
    }
    check(stream.side_.send_open || item->kind == StreamItem::Kind::reset, "only a reset can follow the end");
    switch (item->kind) {
        case StreamItem::Kind::data:
            return write_data(stream, *item, batch);
        case StreamItem::Kind::fin:
            return write_fin(stream, batch);
        case StreamItem::Kind::reset:
            return write_reset(stream, item->code, batch);
        case StreamItem::Kind::datagram:
            return write_datagram(stream, batch);
    }
    return 0;
}

std::size_t StreamSender::write_data(Stream& stream, StreamItem& item, Batch& batch) {
    StreamSide& side = stream.side_;
    if (side.send_credit < credit_needed(item.slice)) {
        return 0;
    }
    if (mutant(Mutant::reset_before_data)) {
        Code code = Code::none;
        stream.outbound_.for_each(
            [&](StreamItem& later) { code = later.kind == StreamItem::Kind::reset ? later.code : code; });
        if (code != Code::none) {
            return write_reset(stream, code, batch);
        }
    }
    const std::uint32_t credit_for_payload =
        std::min<std::uint32_t>(side.send_credit - limits::data_frame_cost, limits::data_payload_max);
    const std::uint32_t n = std::min(item.slice.size(), credit_for_payload);
    side.send_credit -= n + (mutant(Mutant::credit_cost_forgotten) ? 0 : limits::data_frame_cost);

    buffer::Slice payload = item.slice.take_front(n);
    const bool headroom = std::exchange(item.headroom, false);  // the rest follows bytes that are still being sent
    StreamItem* next = &item;
    std::uint32_t leaves_queue = n;
    if (item.slice.empty()) {
        leaves_queue += limits::data_frame_cost;
        stream.outbound_.drop_front();
        next = stream.outbound_.front();
    }
    std::uint8_t flags = 0;
    if (next != nullptr && next->kind == StreamItem::Kind::fin) {
        flags |= wire::flag::fin;
        stream.outbound_.drop_front();
        side.send_open = false;
    } else if (next != nullptr && next->kind == StreamItem::Kind::data &&
               side.send_credit < credit_needed(next->slice)) {
        flags |= wire::flag::blocked;
        ++context_.stats.credit_stalls;
    }
    if (mutant(Mutant::fin_before_data) && next != nullptr && next->kind == StreamItem::Kind::data) {
        flags |= wire::flag::fin;
    }
    append_frame(stream, {static_cast<std::uint16_t>(n), FrameType::data, flags, stream.id()}, std::move(payload),
                 headroom, batch);
    side.sent += n;
    leave_queue(stream, leaves_queue);
    if (!side.send_open) {
        end_sending(stream);
    }
    return n + limits::frame_header_bytes;
}

std::size_t StreamSender::write_fin(Stream& stream, Batch& batch) {
    stream.outbound_.drop_front();
    stream.side_.send_open = false;
    wire::encode_header({0, FrameType::data, wire::flag::fin, stream.id()}, batch.scratch(limits::frame_header_bytes));
    batch.commit(limits::frame_header_bytes);
    ++context_.stats.frames_sent;
    end_sending(stream);
    return limits::frame_header_bytes;
}

// FIN was written.
void StreamSender::end_sending(Stream& stream) {
    table_.end_if_closed(stream);
    if (!stream.side_.gone) {
        (void)table_.abort_if_requested(stream);
    }
}

std::size_t StreamSender::write_reset(Stream& stream, Code code, Batch& batch) {
    stream.outbound_.drop_front();
    const std::size_t n =
        wire::encode_reset(stream.id(), {code, stream.delivered()}, false, batch.scratch(wire::reset_frame_bytes));
    batch.commit(n);
    ++context_.stats.frames_sent;
    ++context_.stats.resets;
    table_.count_refusal(stream, stream.side_.opened_here, code);
    table_.end(stream, {StreamEnd::Kind::aborted, code});
    return n;
}

// Writes the next datagram that is not too old: one that has waited too long is worth less than the time to send it.
std::size_t StreamSender::write_datagram(Stream& stream, Batch& batch) {
    const auto now_ms = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(context_.now.time_since_epoch()).count());
    constexpr auto age_max = static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(limits::datagram_age_max).count());
    while (StreamItem* item = stream.outbound_.front()) {
        if (item->kind != StreamItem::Kind::datagram) {
            return write_next(stream, batch);
        }
        buffer::Slice payload = std::move(item->slice);
        // Signed: the stamp is from the endpoint's clock, which its thread may have read later than this one did.
        const bool old = static_cast<std::int32_t>(now_ms - item->stamp_ms) > age_max;
        stream.outbound_.drop_front();
        stream.extras_->datagrams.queued.fetch_sub(1, std::memory_order_relaxed);
        const std::uint32_t n = payload.size();
        (void)stream.count_unqueued(n);
        if (old) {
            ++context_.stats.datagrams_dropped;
            stream.extras_->datagrams.too_old.fetch_add(1, std::memory_order_relaxed);
            continue;
        }
        append_frame(stream, {static_cast<std::uint16_t>(n), FrameType::datagram, 0, stream.id()}, std::move(payload),
                     false, batch);
        stream.side_.sent += n;
        return n + limits::frame_header_bytes;
    }
    stream.side_.waits = false;
    return 0;
}

// Appends header and payload as one piece if the payload has room before it, otherwise as two.
void StreamSender::append_frame(Stream& stream, const wire::FrameHeader& header, buffer::Slice payload, bool headroom,
                                Batch& batch) {
    ++context_.stats.frames_sent;
    context_.stats.payload_sent += payload.size();
    if (stream.meter_) {
        stream.meter_->sent.add(payload.size());
    }
    if (headroom) {
        wire::encode_header(header, payload.data() - limits::frame_header_bytes);
        batch.append(std::move(payload), limits::frame_header_bytes);
        return;
    }
    wire::encode_header(header, batch.scratch(limits::frame_header_bytes));
    batch.commit(limits::frame_header_bytes);
    if (!payload.empty()) {
        batch.append(std::move(payload), 0);
    }
}

void StreamSender::leave_queue(Stream& stream, std::uint32_t bytes) {
    const std::uint32_t left = stream.count_unqueued(bytes);
    if (stream.side_.orphan) {
        table_.refresh_orphan(stream);
    }
    const bool wake = stream.room_.unpark_if([&] { return context_.shared->is_below_half(left); });
    if (wake && !mutant(Mutant::lost_room_wake)) {
        wakes_.touch(stream, true);
    }
}

}  // namespace ferrotunnel::mux
