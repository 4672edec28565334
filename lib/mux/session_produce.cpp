// Outgoing frames, in strict lanes: session frames, then control frames of streams, then data by deficit round robin.
#include <algorithm>

#include "base/check.hpp"
#include "mux/mutant.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::mux {

using wire::Code;
using wire::FrameType;

bool Session::has_output() const noexcept {
    if (resume_) {
        return has_kept_output();
    }
    return !urgent_.empty() || lanes_have_output();
}

bool Session::produce(Batch& batch, TimePoint now) {
    now_ = now;
    produced_ = true;
    batch.set_full_at(write_rate_.batch_bytes());
    serve_ready();
    if (resume_) {
        produce_kept(batch);
    } else {
        if (!urgent_.empty()) {
            write_urgent(batch);
        }
        write_lanes(batch);
    }
    if (batch.empty()) {
        after_call();
        return false;
    }
    if (in_flight_ == 0) {
        progress_at_ = now;
    }
    in_flight_ += batch.bytes();
    after_call();
    return true;
}

void Session::write_lanes(Batch& batch) {
    if (state_ == SessionState::closed) {
        return;
    }
    if (!refusals_.empty()) {
        write_refusals(batch);
    }
    if (!aborts_.empty()) {
        write_aborts(batch);
    }
    if (!control_lane_.empty()) {
        write_control(batch);
    }
    data_lane_.set_quantum(write_rate_.quantum());
    data_lane_.run(batch, [&](Stream& stream) { return write_next(stream, batch); });
}

// --- what the endpoints want ---

void Session::serve_ready() {
    shared_->ready.take_all([this](IntrusivePtr<Stream> stream) { serve(*stream); });
}

void Session::serve(Stream& stream) {
    StreamSide& side = stream.side_;
    if (side.gone) {
        serve_gone(stream);
        return;
    }
    if (serve_abort(stream)) {
        return;
    }
    if (stream.accept_wanted_.load(std::memory_order_acquire) && !side.opened_here && !side.answered) {
        answered(stream);
        side.opened_due = true;
        // Datagrams take no credit: what nobody would use must not be taken from others' budget.
        if (stream.kind() != wire::ServiceKind::udp && !uses_more_than(settings_.budget / 2)) {
            side.window.raise(settings_.opened_window);
        }
        want_control(stream);
    }
    const bool discards = stream.discard_.load(std::memory_order_acquire);
    if (discards) {
        discard_inbound(stream);
    }
    if (discards || stream.left_.load(std::memory_order_acquire)) {
        list_orphan(stream);
    }
    if (side.receive_open) {
        schedule_credit(stream);
    }
    if (stream.outbound_.front() != nullptr && !mutant(Mutant::stuck_ready_flag)) {
        if (side.sent_at == nothing_waits) {
            side.sent_at = now_;
            side.sent_seen = side.sent;
        }
        data_lane_.activate(stream);
    }
}

// True where the stream is aborted by this.
bool Session::serve_abort(Stream& stream) {
    const std::uint32_t abort = stream.abort_wanted_.load(std::memory_order_acquire);
    const bool waits = abort != 0 && stream.abort_waits_.load(std::memory_order_relaxed);
    if (abort == 0 || (waits && stream.side_.send_open)) {
        return false;
    }
    abort_stream(stream, static_cast<Code>(abort - 1), waits);
    return true;
}

// The endpoint has given its receiving role away: everything queued is dropped and counts as taken.
void Session::discard_inbound(Stream& stream) {
    if (std::exchange(stream.side_.discarding, true)) {
        return;
    }
    while (stream.inbound_.front() != nullptr) {
        stream.drop_front();
    }
    (void)stream.inbound_.try_park();
}

void Session::want_control(Stream& stream) {
    if (!std::exchange(stream.side_.in_control, true)) {
        control_lane_.push(stream);
    }
    shared_->waker->wake();
}

// --- session frames, refusals, control frames of streams ---

void Session::write_urgent(Batch& batch) {
    while (!urgent_.empty() && batch.has_room()) {
        const std::vector<std::uint8_t>& frame = urgent_.front();
        std::copy(frame.begin(), frame.end(), batch.scratch(frame.size()));
        batch.commit(frame.size());
        wire::FrameHeader header = wire::decode_header(frame.data());
        if (header.type == FrameType::ping && (header.flags & wire::flag::ack) != 0) {
            --pongs_waiting_;
        }
        urgent_bytes_ -= frame.size();
        urgent_.pop_front();
        ++stats_.frames_sent;
    }
}

void Session::write_refusals(Batch& batch) {
    while (!refusals_.empty() && batch.has_room()) {
        auto [id, code] = refusals_.front();
        refusals_.pop_front();
        batch.commit(wire::encode_reset(id, {code, 0}, true, batch.scratch(wire::reset_frame_bytes)));
        ++stats_.frames_sent;
    }
}

void Session::write_aborts(Batch& batch) {
    while (!aborts_.empty() && batch.has_room()) {
        const auto [delivered, id, code, in_order] = aborts_.front();
        aborts_.pop_front();
        batch.commit(wire::encode_reset(id, {code, delivered}, !in_order, batch.scratch(wire::reset_frame_bytes)));
        ++stats_.frames_sent;
    }
}

void Session::write_control(Batch& batch) {
    while (!control_lane_.empty() && batch.has_room()) {
        IntrusivePtr<Stream> stream = control_lane_.pop();
        stream->side_.in_control = false;
        gone_in_lanes_ -= stream->side_.gone && stream->side_.lane == LaneState::out ? 1U : 0U;
        write_control_of(*stream, batch);
    }
}

void Session::write_control_of(Stream& stream, Batch& batch) {
    StreamSide& side = stream.side_;
    auto count = [&](std::size_t n) {
        batch.commit(n);
        ++stats_.frames_sent;
    };
    if (std::exchange(side.open_due, false)) {
        const buffer::Slice frame = std::move(side.open_frame);
        std::copy_n(frame.data(), frame.size(), batch.scratch(frame.size()));
        count(frame.size());
    }
    if (std::exchange(side.opened_due, false)) {
        std::uint32_t credit = grant(stream);
        count(wire::encode_opened(stream.id(), credit, batch.scratch(wire::opened_frame_bytes)));
        arm_credit_mark(stream);
    }
    if (std::exchange(side.credit_due, false)) {
        std::uint32_t credit = grant(stream);
        if (credit != 0 && !mutant(Mutant::lost_credit)) {
            count(wire::encode_credit(stream.id(), credit, batch.scratch(wire::credit_frame_bytes)));
            if (mutant(Mutant::doubled_credit)) {
                count(wire::encode_credit(stream.id(), credit, batch.scratch(wire::credit_frame_bytes)));
            }
        }
        arm_credit_mark(stream);
    }
}

// --- data ---

// Writes the stream's next frame. Returns its size, or 0 when there is nothing that may be sent now.
std::size_t Session::write_next(Stream& stream, Batch& batch) {
    if (stream.side_.gone) {
        gone_in_lanes_ -= stream.side_.in_control ? 0U : 1U;  // the data lane lets go of it now
        return 0;
    }
    StreamItem* item = stream.outbound_.front();
    if (item == nullptr) {
        (void)stream.outbound_.try_park();  // an idle queue holds no memory; the ready list brings it back
        stream.side_.sent_at = nothing_waits;
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

std::size_t Session::write_data(Stream& stream, StreamItem& item, Batch& batch) {
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
    auto credit_for_payload = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(side.send_credit - limits::data_frame_cost, limits::data_payload_max));
    std::uint32_t n = std::min(item.slice.size(), credit_for_payload);
    side.send_credit -= n + (mutant(Mutant::credit_cost_forgotten) ? 0 : limits::data_frame_cost);

    buffer::Slice payload = item.slice.take_front(n);
    bool headroom = std::exchange(item.headroom, false);  // the rest follows bytes that are still being sent
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
        ++stats_.credit_stalls;
    }
    if (mutant(Mutant::fin_before_data) && next != nullptr && next->kind == StreamItem::Kind::data) {
        flags |= wire::flag::fin;
    }
    append_frame(stream, {static_cast<std::uint16_t>(n), FrameType::data, flags, stream.id()}, std::move(payload),
                 headroom, batch);
    side.sent += n;
    sent_from_queue(stream, leaves_queue);
    end_if_closed(stream);
    if (!side.send_open && !side.gone) {
        (void)serve_abort(stream);
    }
    return n + limits::frame_header_bytes;
}

std::size_t Session::write_fin(Stream& stream, Batch& batch) {
    stream.outbound_.drop_front();
    stream.side_.send_open = false;
    wire::encode_header({0, FrameType::data, wire::flag::fin, stream.id()}, batch.scratch(limits::frame_header_bytes));
    batch.commit(limits::frame_header_bytes);
    ++stats_.frames_sent;
    end_if_closed(stream);
    if (!stream.side_.gone) {
        (void)serve_abort(stream);
    }
    return limits::frame_header_bytes;
}

std::size_t Session::write_reset(Stream& stream, Code code, Batch& batch) {
    stream.outbound_.drop_front();
    std::size_t n =
        wire::encode_reset(stream.id(), {code, stream.delivered()}, false, batch.scratch(wire::reset_frame_bytes));
    batch.commit(n);
    ++stats_.frames_sent;
    ++stats_.resets;
    count_refusal(stream, stream.side_.opened_here, code);
    end_stream(stream, {Verdict::Kind::aborted, code});
    return n;
}

// Writes the next datagram that is not too old: one that has waited too long is worth less than the time it would take.
std::size_t Session::write_datagram(Stream& stream, Batch& batch) {
    auto now_ms = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count());
    constexpr auto age_max = static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(limits::datagram_age_max).count());
    while (StreamItem* item = stream.outbound_.front()) {
        if (item->kind != StreamItem::Kind::datagram) {
            return write_next(stream, batch);
        }
        buffer::Slice payload = std::move(item->slice);
        // Signed: the stamp is of the endpoint's clock, whose thread may have read it later than this one did.
        bool old = static_cast<std::int32_t>(now_ms - item->stamp_ms) > age_max;
        stream.outbound_.drop_front();
        stream.datagrams_queued_.fetch_sub(1, std::memory_order_relaxed);
        std::uint32_t n = payload.size();
        (void)stream.count_unqueued(n);
        if (old) {
            ++stats_.datagrams_dropped;
            stream.datagrams_too_old_.fetch_add(1, std::memory_order_relaxed);
            continue;
        }
        append_frame(stream, {static_cast<std::uint16_t>(n), FrameType::datagram, 0, stream.id()}, std::move(payload),
                     false, batch);
        stream.side_.sent += n;
        return n + limits::frame_header_bytes;
    }
    stream.side_.sent_at = nothing_waits;
    return 0;
}

// Appends header and payload as one piece if the payload has room before it, otherwise as two.
void Session::append_frame(Stream& stream, const wire::FrameHeader& header, buffer::Slice payload, bool headroom,
                           Batch& batch) {
    ++stats_.frames_sent;
    stats_.payload_sent += payload.size();
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

// Dekker's scheme with Stream::try_park_send.
void Session::sent_from_queue(Stream& stream, std::uint32_t bytes) {
    const std::uint32_t left = stream.count_unqueued(bytes);
    if (stream.side_.orphan) {
        orphans_.remove(stream);
        orphans_.push(stream, now_);
    }
    if (stream.room_wanted_.load(std::memory_order_seq_cst) && shared_->is_below_half(left) &&
        stream.room_wanted_.exchange(false, std::memory_order_seq_cst)) {
        if (!mutant(Mutant::lost_room_wake)) {
            touch(stream, true);
        }
    }
}

}  // namespace ferrotunnel::mux
