// Incoming frames: what a peer may not do, and data on its way to its stream.
#include <algorithm>

#include "mux/mutant.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::mux {

using wire::Code;
using wire::FrameType;
using wire::StreamId;

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
            serve_ready();  // the trunk takes nothing: ended streams must not wait for it on the ready list
        }
        produced_ = false;
        if (!budget_.is_calm()) {
            see_to_memory();
        }
        wakes_.flush();
        compactor_.compact();
    }
    compactor_.forget();
    after_call();
}

// Checks the rules that need no payload. False: the session has failed.
bool Session::on_header(const wire::FrameHeader& header) {
    ++context_.stats.frames_received;
    if (auto violation = wire::violation_of(header)) {
        fail(*violation, "a frame that the protocol does not allow");
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
    return header.type != FrameType::data || begin_data(header);
}

bool Session::on_frame(const wire::FrameHeader& header, Bytes payload) {
    switch (header.type) {
        case FrameType::data:
            break;
        case FrameType::open:
            on_open_frame(header.stream, payload);
            break;
        case FrameType::opened:
            on_opened_frame(header.stream, payload);
            break;
        case FrameType::credit:
            on_credit_frame(header.stream, payload);
            break;
        case FrameType::reset:
            on_reset_frame(header.stream, header.flags, payload);
            break;
        case FrameType::datagram:
            on_datagram_frame(header.stream, payload);
            break;
        case FrameType::ping:
            on_ping_frame(header.flags, payload);
            break;
        case FrameType::goaway:
            on_goaway_frame(payload);
            break;
        case FrameType::control:
            on_control_frame(payload);
            break;
        case FrameType::confirm:
            on_confirm_frame(payload);
            break;
    }
    return state_ != SessionState::closed;
}

// Finds the stream; null when it is gone (the frame is ignored) or never existed (the session fails).
Stream* Session::find_live(StreamId id) {
    auto found = streams_.find(id);
    // The peer cannot know a stream whose OPEN still waits here, though it may guess the id.
    const bool unheard_of = found != streams_.end() && found->second->side_.open_due;
    if (found != streams_.end() && !unheard_of) {
        return found->second.get();
    }
    if (!ids_.is_known(id) || unheard_of) {
        fail(Code::stream_id, "a frame for a stream that was never opened");
    } else {
        ++context_.stats.frames_ignored;
    }
    return nullptr;
}

// --- data ---

bool Session::begin_data(const wire::FrameHeader& header) {
    data_target_.reset();
    Stream* stream = find_live(header.stream);
    if (stream == nullptr) {
        return state_ != SessionState::closed;
    }
    StreamSide& side = stream->side_;
    if (!side.receive_open) {
        fail(Code::protocol, "DATA after FIN");
        return false;
    }
    if (header.length > 0) {
        std::uint64_t before = side.window.committed(context_.window_rules);
        if (!side.window.receive(header.length + limits::data_frame_cost, context_.now)) {
            fail(Code::flow_control, "more DATA than credit");
            return false;
        }
        budget_.commit(before, side.window.committed(context_.window_rules));
    }
    data_target_ = IntrusivePtr<Stream>(stream);
    return true;
}

bool Session::on_data(const wire::FrameHeader& header, buffer::Slice piece, bool first, bool last) {
    if (!data_target_ || data_target_->side_.gone) {
        return true;
    }
    IntrusivePtr<Stream> stream = data_target_;
    if (!piece.empty()) {
        count_received(*stream, piece.size());
        queue_data(*stream, std::move(piece), header, first);
    }
    if (last) {
        end_data(*stream, header);
        data_target_.reset();
    }
    return true;
}

void Session::count_received(const Stream& stream, std::size_t bytes) noexcept {
    context_.stats.payload_received += bytes;
    if (stream.meter_) {
        stream.meter_->received.add(bytes);
    }
}

// Small payloads are copied for an endpoint on another thread, since they cannot be compacted later. They are also
// copied for an endpoint that is behind: otherwise each of them would pin a slab until everything before it was taken,
// even if bytes of other streams keep that slab from being compacted now and are taken soon after.
bool Session::should_copy(const Stream& stream, const wire::FrameHeader& header,
                          const buffer::Slice& piece) const noexcept {
    if (stream.side_.foreign) {
        return piece.size() < limits::copy_below;
    }
    return header.length < limits::copy_below && stream.is_behind();
}

void Session::queue_data(Stream& stream, buffer::Slice piece, const wire::FrameHeader& header, bool first) {
    StreamSide& side = stream.side_;
    std::uint32_t cost = first ? limits::data_frame_cost : 0;
    if (stream.waiting() == 0) {
        side.taken_at = context_.now;  // the endpoint was idle, not behind
    }
    side.pushed += piece.size() + cost;
    side.pushed_now += piece.size() + cost;
    if (side.discarding) {
        stream.count_taken(piece.size() + cost);
        return;
    }
    const bool copied = should_copy(stream, header, piece);
    if (copied) {
        context_.stats.bytes_copied += piece.size();
        piece = side.foreign ? buffer::Slice::copy_of(piece.bytes(), context_.shared->ledger.get())
                             : stream.copy_together(piece, side.pushed);
    }
    if (mutant(Mutant::doubled_slice)) {
        StreamItem twin;
        twin.slice = piece.share(0, piece.size());
        stream.inbound_.push(std::move(twin));
    }
    if (mutant(Mutant::leaked_slab)) {
        piece.slab()->add_ref();
    }
    StreamItem item;
    item.slice = std::move(piece);
    item.cost = cost;
    const auto place = stream.inbound_.push(std::move(item));
    wakes_.touch(stream, false);
    compactor_.add_data(stream, place, !side.foreign && !copied);
}

void Session::end_data(Stream& stream, const wire::FrameHeader& header) {
    if ((header.flags & wire::flag::blocked) != 0) {
        grow_window(stream);
    }
    if ((header.flags & wire::flag::fin) == 0) {
        return;
    }
    // Nobody will use the credit that is left.
    budget_.commit(stream.side_.committed(context_.window_rules), 0);
    stream.side_.receive_open = false;
    arm_credit_mark(stream);  // switched off: nobody waits for what the endpoint still takes
    if (!stream.side_.discarding) {
        StreamItem item;
        item.kind = StreamItem::Kind::fin;
        stream.inbound_.push(std::move(item));
        wakes_.touch(stream, false);
    }
    end_if_closed(stream);
}

}  // namespace ferrotunnel::mux
