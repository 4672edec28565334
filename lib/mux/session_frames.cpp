// Bytes in and out: dispatches frames to the parts, and fills batches from them.
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::mux {

using wire::Code;
using wire::FrameType;
using wire::StreamId;

// --- in ---

void Session::receive(const buffer::Slice& bytes, TimePoint now) {
    take(bytes, now);
    settle();
}

void Session::take(const buffer::Slice& bytes, TimePoint now) {
    context_.now = now;
    if (state_ == SessionState::closed) {
        return;
    }
    liveness_.heard(now);
    compactor_.add_slab(bytes.slab());
    const bool counts = resume_ != nullptr;
    reader_.read(bytes, *this);
    if (resume_) {
        const std::size_t login = counts ? 0 : resume_->login_end();
        if (resume_->count_received(bytes.size() - login, now)) {
            context_.shared->waker->wake();
        }
    }
}

void Session::settle() {
    if (state_ != SessionState::closed) {
        if (!produced_) {
            requests_.serve_ready();  // the trunk accepts nothing: ended streams must not wait for it on the ready list
        }
        produced_ = false;
        if (!budget_.is_calm()) {
            review_memory();
        }
        wakes_.flush();
        compactor_.compact();
    }
    compactor_.forget();
    after_call();
}

// Checks the rules that need no payload. False if the session has failed.
bool Session::on_header(const wire::FrameHeader& header) {
    ++context_.stats.frames_received;
    if (const auto broken = wire::violation_of(header)) {
        fail(*broken, "a frame that the protocol does not allow");
        return false;
    }
    if (state_ == SessionState::authenticating) {
        if (header.type != FrameType::control && header.type != FrameType::goaway) {
            fail(Code::protocol, "a frame other than CONTROL before the handshake was done");
            return false;
        }
        if (header.length > limits::control_payload_unauthenticated_max) {
            fail(Code::limit, "a control message of more than 4 KiB before the handshake was done");
            return false;
        }
    }
    if (header.type != FrameType::data) {
        return true;
    }
    const Violation violation = receiver_.begin_data(header);
    if (violation) {
        fail(violation.code, violation.text);
    }
    return !violation;
}

// Not a part of FrameReader, where the compiler would inline it at the cost of other sinks.
[[gnu::noinline]] bool Session::on_data(const wire::FrameHeader& header, buffer::Slice piece, bool first, bool last) {
    const bool blocked = receiver_.on_data(header, std::move(piece), first, last);
    if (blocked && liveness_.sample_is_old(context_.now)) {
        ping(context_.now);
    }
    return true;
}

bool Session::on_frame(const wire::FrameHeader& header, Bytes payload) {
    Violation violation;
    switch (header.type) {
        case FrameType::data:
            break;
        case FrameType::open:
            violation = on_open_frame(header.stream, payload);
            break;
        case FrameType::opened:
            violation = receiver_.on_opened(header.stream, payload);
            break;
        case FrameType::credit:
            violation = receiver_.on_credit(header.stream, payload);
            break;
        case FrameType::reset:
            violation = receiver_.on_reset(header.stream, header.flags, payload);
            break;
        case FrameType::datagram:
            violation = receiver_.on_datagram(header.stream, payload);
            break;
        case FrameType::ping:
            violation = on_ping_frame(header.flags, payload);
            break;
        case FrameType::goaway:
            on_goaway_frame(payload);
            break;
        case FrameType::control:
            events_.on_control(payload);
            break;
        case FrameType::confirm:
            violation = on_confirm_frame(payload);
            break;
    }
    if (violation) {
        fail(violation.code, violation.text);
    }
    return state_ != SessionState::closed;
}

Violation Session::on_open_frame(StreamId id, Bytes payload) {
    const auto open = wire::decode_open(payload);
    if (!open) {
        return {Code::protocol, "an OPEN that cannot be read"};
    }
    if (!ids_.may_accept(id)) {
        return {Code::stream_id, "an OPEN whose id has the wrong parity or is not higher than the last one"};
    }
    if (open->send_window > context_.settings.first_window || open->receive_window > limits::credit_outstanding_max) {
        return {Code::flow_control, "an OPEN that uses more credit than was announced"};
    }
    ids_.accept(id);
    const bool over = drain_.refuses_opens();
    if (over || !opens_.may_accept(open->service, table_.kept())) {
        ++context_.stats.streams_refused;
        if (!outbox_.refuse(id, over ? Code::going_away : Code::busy)) {
            return {Code::limit, "streams are opened beyond the limits without reading the refusals"};
        }
        return {};
    }
    IntrusivePtr<Stream> stream =
        table_.make({id, open->service, open->kind, false, open->receive_window, open->send_window});
    stalls_.begin();
    events_.on_open(stream, *open);
    return {};
}

Violation Session::on_ping_frame(std::uint8_t flags, Bytes payload) {
    const auto opaque = wire::decode_ping(payload);
    if (!opaque) {
        return {};
    }
    if ((flags & wire::flag::ack) == 0) {
        if (!outbox_.count_pong()) {
            return {Code::limit, "pings arrive faster than their answers are read"};
        }
        if (resume_) {
            resume_->confirm_soon();  // the peer may have sent the ping to request that
        }
        std::vector<std::uint8_t> frame(wire::ping_frame_bytes);
        wire::encode_ping(*opaque, true, frame.data());
        send_urgent(std::move(frame));
        return {};
    }
    if (liveness_.answered(*opaque, context_.now) && resume_) {
        if (!resume_->check_pong(*opaque)) {
            fail(Code::protocol, "a PING was answered without a CONFIRM before the answer");
        } else {
            request_confirm();
        }
    }
    if (state_ == SessionState::draining && drain_.on_pong(liveness_.last_answered())) {
        outbox_.send_goaway({ids_.last_peer(), drain_.code(), as_bytes(drain_.text())});
    }
    return {};
}

void Session::on_goaway_frame(Bytes payload) {
    const auto goaway = wire::decode_goaway(payload);
    if (!goaway) {
        return;
    }
    std::string text = printable(as_text(goaway->text), limits::goaway_text_max);
    if (drain_.on_goaway(goaway->code)) {
        events_.on_goaway(goaway->code, text);
        return;
    }
    failure_ = Failure{goaway->code, std::move(text), true};
    close(goaway->code);
}

Violation Session::on_confirm_frame(Bytes payload) {
    const auto count = wire::decode_confirm(payload);
    if (!count) {
        return {};
    }
    if (!resume_) {
        return {Code::protocol, "a CONFIRM on a session that cannot be resumed"};
    }
    switch (resume_->on_confirm(*count, context_.now)) {
        case Resumption::Confirmed::impossible:
            return {Code::protocol, "a CONFIRM of bytes that were not sent"};
        case Resumption::Confirmed::has_room:
            context_.shared->waker->wake();
            break;
        case Resumption::Confirmed::ok:
            break;
    }
    return {};
}

// --- out ---

bool Session::has_output() const noexcept {
    if (!resume_) {
        return outbox_.has_urgent() || lanes_have_output();
    }
    return !resume_->is_detached() &&
           (resume_->has_output() || outbox_.has_urgent() || (!resume_->is_full() && lanes_have_output()));
}

bool Session::produce(Batch& batch, TimePoint now) {
    context_.now = now;
    produced_ = true;
    batch.set_full_at(write_rate_.batch_bytes());
    requests_.serve_ready();
    const bool keeps = resume_ != nullptr;
    if (!keeps || begin_kept(batch)) {
        if (outbox_.has_urgent()) {
            context_.stats.frames_sent += outbox_.write_urgent(batch);
        }
        // At the bound only session frames are sent: they are few, and some of them make room.
        if (state_ != SessionState::closed && !(keeps && resume_->is_full())) {
            if (outbox_.has_resets()) {
                context_.stats.frames_sent += outbox_.write_resets(batch);
            }
            sender_.write(batch, write_rate_.quantum());
        }
        if (keeps) {
            resume_->end_batch(batch, now);
            request_confirm();
        }
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

// Sends the bytes that the peer has missed first. True: new frames may follow.
bool Session::begin_kept(Batch& batch) {
    if (resume_->is_detached()) {
        return false;
    }
    const bool has_more = outbox_.has_urgent() || lanes_have_output();
    const Resumption::Begun begun = resume_->begin_batch(batch, has_more, context_.now);
    context_.stats.frames_sent += begun == Resumption::Begun::confirmed ? 1U : 0U;
    return begun != Resumption::Begun::complete;
}

}  // namespace ferrotunnel::mux
