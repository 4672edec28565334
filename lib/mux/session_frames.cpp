// Incoming frames that are no data: what each means for the session and its streams.
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::mux {

using wire::Code;
using wire::StreamId;

void Session::refuse(StreamId id, Code code) {
    ++context_.stats.streams_refused;
    if (!outbox_.refuse(id, code)) {
        fail(Code::limit, "streams are opened beyond the limits without reading the refusals");
    }
}

void Session::on_open_frame(StreamId id, Bytes payload) {
    auto open = wire::decode_open(payload);
    if (!open) {
        fail(Code::protocol, "an OPEN that can not be read");
        return;
    }
    if (!ids_.may_accept(id)) {
        fail(Code::stream_id, "an OPEN with an id of the wrong parity, or that is not higher than the last one");
        return;
    }
    if (open->send_window > context_.settings.first_window || open->receive_window > limits::credit_outstanding_max) {
        fail(Code::flow_control, "an OPEN that takes more credit than was announced");
        return;
    }
    ids_.accept(id);
    if (drain_.refuses_opens()) {
        refuse(id, Code::going_away);
        return;
    }
    if (streams_kept() >= context_.settings.streams_max || peer_opens_.size() >= context_.settings.opens_max ||
        (open->service != 0 && peer_opens_.of_service(open->service) >= context_.settings.opens_per_service_max)) {
        refuse(id, Code::busy);
        return;
    }
    IntrusivePtr<Stream> stream =
        make_stream(id, open->service, open->kind, peer_opens_, open->receive_window, open->send_window);
    events_.on_open(stream, *open);
}

void Session::on_opened_frame(StreamId id, Bytes payload) {
    Stream* stream = find_live(id);
    auto credit = wire::decode_opened(payload);
    if (stream == nullptr || !credit) {
        return;
    }
    if (!stream->side_.opened_here || stream->side_.answered) {
        fail(Code::protocol, "an OPENED for a stream that does not wait for it");
        return;
    }
    answered(*stream);
    stream->accepted_.store(true, std::memory_order_release);
    wakes_.touch(*stream, true);
    add_send_credit(*stream, *credit);
}

void Session::on_credit_frame(StreamId id, Bytes payload) {
    auto credit = wire::decode_credit(payload);
    if (!credit) {
        return;
    }
    if (id == 0) {
        // A new first window for streams opened from now on; never more than the handshake announced.
        if (*credit < limits::first_window_min) {
            fail(Code::flow_control, "a first window of less than 4 KiB");
            return;
        }
        peer_first_window_ = std::min(*credit, peer_.first_window);
        return;
    }
    if (Stream* stream = find_live(id)) {
        add_send_credit(*stream, *credit);
    }
}

void Session::add_send_credit(Stream& stream, std::uint32_t credit) {
    StreamSide& side = stream.side_;
    if (side.send_credit + credit > limits::credit_outstanding_max) {
        fail(Code::flow_control, "credit beyond 2^31");
        return;
    }
    side.send_credit += credit;
    if (stream.outbound_.front() != nullptr) {
        lanes_.want_data(stream);
        context_.shared->waker->wake();
    }
}

void Session::on_reset_frame(StreamId id, std::uint8_t flags, Bytes payload) {
    Stream* stream = find_live(id);
    auto reset = wire::decode_reset(payload);
    if (stream == nullptr || !reset) {
        return;
    }
    ++context_.stats.resets;
    count_refusal(*stream, !stream->side_.opened_here, reset->code);
    stream->peer_delivered_.store(reset->delivered, std::memory_order_relaxed);
    if ((flags & wire::flag::abort) != 0) {
        end_stream(*stream, {Verdict::Kind::aborted, reset->code});
        return;
    }
    // The reset is passed on in order: behind the data, and behind FIN if that came before. An endpoint that discards
    // data learns of it at once.
    if (stream->side_.discarding) {
        end_stream(*stream, {Verdict::Kind::aborted, reset->code});
        return;
    }
    StreamItem item;
    item.kind = StreamItem::Kind::reset;
    item.code = reset->code;
    stream->inbound_.push(std::move(item));
    end_stream(*stream, {});
    wakes_.touch(*stream, true);
}

// Datagrams are dropped rather than waited for: beyond the bounds the newest one is dropped. Of the session's budget
// only what is really held counts: credit that others have been given is no reason to drop.
void Session::on_datagram_frame(StreamId id, Bytes payload) {
    Stream* stream = find_live(id);
    if (stream == nullptr) {
        return;
    }
    if (stream->kind() != wire::ServiceKind::udp) {
        ++context_.stats.datagrams_dropped;  // a stream of bytes has no place for a datagram
        return;
    }
    auto size = static_cast<std::uint32_t>(payload.size());
    bool full = stream->datagrams_held_.load(std::memory_order_relaxed) >= limits::datagrams_queued_max ||
                stream->datagram_bytes_held_.load(std::memory_order_relaxed) + size > limits::datagram_bytes_queued_max;
    if (!stream->side_.receive_open || stream->side_.discarding || full ||
        context_.shared->ledger->bytes() >= context_.settings.budget) {
        ++context_.stats.datagrams_dropped;
        stream->datagrams_no_room_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    stream->datagrams_held_.fetch_add(1, std::memory_order_relaxed);
    stream->datagram_bytes_held_.fetch_add(size, std::memory_order_relaxed);
    StreamItem item;
    item.kind = StreamItem::Kind::datagram;
    item.slice = buffer::Slice::copy_of(payload, context_.shared->ledger.get());
    count_received(*stream, size);
    context_.stats.bytes_copied += size;
    stream->inbound_.push(std::move(item));
    wakes_.touch(*stream, false);
}

void Session::on_ping_frame(std::uint8_t flags, Bytes payload) {
    auto opaque = wire::decode_ping(payload);
    if (!opaque) {
        return;
    }
    if ((flags & wire::flag::ack) == 0) {
        if (!outbox_.count_pong()) {
            fail(Code::limit, "pings come faster than their answers are read");
            return;
        }
        if (resume_) {
            resume_->confirm_soon();  // the peer may ask for the sake of that
        }
        std::vector<std::uint8_t> frame(wire::ping_frame_bytes);
        wire::encode_ping(*opaque, true, frame.data());
        send_urgent(std::move(frame));
        return;
    }
    if (liveness_.answered(*opaque, context_.now) && resume_) {
        if (resume_->check_pong(*opaque)) {
            ask_to_confirm();
        } else {
            fail(Code::protocol, "a PING was answered without a CONFIRM before the answer");
        }
    }
    if (state_ == SessionState::draining && drain_.on_pong(liveness_.last_answered())) {
        outbox_.send_goaway({ids_.last_peer(), drain_.code(), as_bytes(drain_.text())});
    }
}

void Session::on_goaway_frame(Bytes payload) {
    auto goaway = wire::decode_goaway(payload);
    if (!goaway) {
        return;
    }
    std::string text = printable(as_text(goaway->text), limits::goaway_text_max);
    if (drain_.on_goaway(goaway->code)) {
        events_.on_goaway(goaway->code, text);
        return;
    }
    failure_ = Failure{goaway->code, std::move(text), true};
    state_ = SessionState::closed;
    lose_all({Verdict::Kind::lost, goaway->code});
}

void Session::on_control_frame(Bytes payload) {
    events_.on_control(payload);
}

}  // namespace ferrotunnel::mux
