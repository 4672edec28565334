// The life of a session's streams: made, ended, orphaned, and the wakes of their endpoints.
#include <utility>

#include "mux/mutant.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::mux {

using wire::Code;
using wire::StreamId;

// Makes a stream and puts it into the table and into `opens`, or, when there is no memory, into neither.
IntrusivePtr<Stream> Session::make_stream(StreamId id, std::uint32_t service, wire::ServiceKind kind, OpenList& opens,
                                          std::uint32_t send_window, std::uint32_t receive_window) {
    auto stream = make_intrusive<Stream>(shared_, id, kind, service);
    stream->side_.send_credit = send_window;
    stream->side_.window = ReceiveWindow(receive_window, now_);
    stream->side_.window.raise(announced_first_window_);  // a peer may have taken less than it could
    stream->side_.taken_at = now_;
    stream->count_in(meter_);
    opens.push(*stream, now_);
    try {
        streams_.emplace(id, stream);
    } catch (...) {
        opens.remove(*stream);
        throw;
    }
    commit_change(0, stream->side_.committed(window_rules_));
    arm_credit_mark(*stream);
    if (stall_look_at_ == never) {
        stall_look_at_ = now_ + StallWatch::look_every;
    }
    ++stats_.streams_opened;
    shared_->streams.store(static_cast<std::uint32_t>(streams_.size()), std::memory_order_relaxed);
    return stream;
}

// Ends the stream from this side at once. The peer is told by RESET with ABORT, or not at all if it never heard of it.
void Session::abort_stream(Stream& stream, Code code, bool in_order) {
    StreamSide& side = stream.side_;
    if (side.gone) {
        return;
    }
    count_refusal(stream, side.opened_here, code);
    bool unknown_to_peer = side.open_due;
    if (!unknown_to_peer && !mutant(Mutant::lost_abort)) {
        aborts_.push_back({stream.delivered(), stream.id(), code, in_order});
        shared_->waker->wake();
    }
    side.open_due = false;
    side.open_frame = {};
    end_stream(stream, {Verdict::Kind::aborted, code});
}

// Counts a refusal: a stream that ends before it was answered was refused, unless its opener went away.
void Session::count_refusal(const Stream& stream, bool by_opener, Code code) noexcept {
    if (!stream.side_.answered && (!by_opener || code == Code::timeout)) {
        ++stats_.streams_refused;
    }
}

// Removes the stream from the session. What is queued inbound stays for the endpoint, unless the verdict says
// otherwise.
void Session::end_stream(Stream& stream, Verdict verdict) {
    StreamSide& side = stream.side_;
    if (side.gone) {
        return;
    }
    IntrusivePtr<Stream> keep(&stream);
    if (!mutant(Mutant::leaked_budget)) {
        commit_change(side.committed(window_rules_), 0);
    }
    side.gone = true;
    gone_in_lanes_ += side.in_control || side.lane != LaneState::out ? 1U : 0U;
    side.send_open = side.receive_open = false;
    side.opened_due = side.credit_due = false;
    answered(stream);
    if (std::exchange(side.orphan, false)) {
        orphans_.remove(stream);
    }
    if (verdict) {
        set_verdict(stream, verdict);
    }
    drop_outbound(stream);
    if (!verdict) {
        keep_if_unread(stream);
    }
    touch(stream, static_cast<bool>(verdict) || side.unread);  // an endpoint behind learns that it alone is left
    streams_.erase(stream.id());
    shared_->streams.store(static_cast<std::uint32_t>(streams_.size()), std::memory_order_relaxed);
}

void Session::set_verdict(Stream& stream, Verdict verdict) noexcept {
    stream.verdict_.store(static_cast<std::uint32_t>(verdict.kind) << 16 | static_cast<std::uint32_t>(verdict.code),
                          std::memory_order_release);
}

// Dekker's scheme with Stream::count_taken, as in arm_credit_mark: the endpoint reports when it has taken the last
// byte.
void Session::keep_if_unread(Stream& stream) {
    StreamSide& side = stream.side_;
    if (side.discarding || side.pushed == stream.taken_.load(std::memory_order_relaxed)) {
        return;
    }
    stream.credit_mark_.store(side.pushed, std::memory_order_seq_cst);
    if (stream.taken_.load(std::memory_order_seq_cst) < side.pushed) {
        side.unread = true;
        side.unread_at = unread_.size();
        unread_.emplace_back(&stream);
    }
}

// Serves a stream that has left the session: its endpoint has taken everything, or takes nothing any more.
void Session::serve_gone(Stream& stream) {
    drop_outbound(stream);
    const bool given_up =
        stream.discard_.load(std::memory_order_acquire) || stream.abort_wanted_.load(std::memory_order_acquire) != 0;
    if (stream.side_.unread && (given_up || stream.waiting() == 0)) {
        forget_unread(stream, false);
    }
}

void Session::forget_unread(Stream& stream, bool wake) {
    StreamSide& side = stream.side_;
    touch(stream, wake);  // this releases the waker as well
    side.unread = false;
    const IntrusivePtr<Stream> keep = std::exchange(unread_[side.unread_at], std::move(unread_.back()));
    if (side.unread_at + 1 < unread_.size()) {
        unread_[side.unread_at]->side_.unread_at = side.unread_at;
    }
    unread_.pop_back();
}

void Session::forget_all_unread() {
    while (!unread_.empty()) {
        forget_unread(*unread_.back(), false);
    }
}

void Session::end_if_closed(Stream& stream) {
    if (!stream.side_.send_open && !stream.side_.receive_open) {
        end_stream(stream, {});
    }
}

// The stream no longer counts as an unanswered open.
void Session::answered(Stream& stream) {
    StreamSide& side = stream.side_;
    if (side.answered) {
        return;
    }
    side.answered = true;
    (side.opened_here ? own_opens_ : peer_opens_).remove(stream);
    room_due_ = room_due_ || (side.opened_here && std::exchange(room_wanted_, false));
    if (stream.discard_.load(std::memory_order_acquire) || stream.left_.load(std::memory_order_acquire)) {
        list_orphan(stream);
    }
}

// Lists a stream whose endpoint has left or takes nothing more. Until it is answered, an open has a deadline of its
// own.
void Session::list_orphan(Stream& stream) noexcept {
    StreamSide& side = stream.side_;
    if (side.answered && !side.gone && !std::exchange(side.orphan, true)) {
        orphans_.push(stream, now_);
    }
}

void Session::end_orphans() {
    while (Stream* oldest = orphans_.oldest()) {
        if (now_ < rested(oldest->side_.waits_since) + settings_.orphan_patience) {
            break;
        }
        end_orphan(*oldest);
    }
}

// Data that still waits here for credit waits for an endpoint that takes nothing. If everything has been sent, only the
// peer's end is missing: the peer may still be delivering what it has, and ends the stream after that.
void Session::end_orphan(Stream& stream) {
    if (stream.outbound_.front() != nullptr) {
        abort_stream(stream, Code::too_slow);
    } else if (!stream.side_.send_open && stream.left_.load(std::memory_order_acquire)) {
        abort_stream(stream, Code::cancelled, true);
    } else {  // a socket that takes nothing more may still give something
        orphans_.remove(stream);
        orphans_.push(stream, now_);
    }
}

// Drops the outbound queue: nothing that the endpoint has queued, or will queue, is sent any more.
void Session::drop_outbound(Stream& stream) {
    stream.send_dead_.store(true, std::memory_order_seq_cst);
    while (StreamItem* item = stream.outbound_.front()) {
        std::uint32_t cost = item->kind == StreamItem::Kind::data ? limits::data_frame_cost : 0;
        (void)stream.count_unqueued(item->slice.size() + cost);
        if (item->kind == StreamItem::Kind::datagram) {
            stream.datagrams_queued_.fetch_sub(1, std::memory_order_relaxed);
        }
        stream.outbound_.drop_front();
    }
    (void)stream.outbound_.try_park();
    if (stream.room_wanted_.exchange(false, std::memory_order_seq_cst)) {
        touch(stream, true);
    }
}

void Session::lose_all(Verdict verdict) {
    auto streams = std::exchange(streams_, {});
    for (auto& [id, stream] : streams) {
        end_stream(*stream, verdict);
    }
    forget_all_unread();
    data_target_.reset();
    data_lane_.clear();
    while (!control_lane_.empty()) {
        control_lane_.pop()->side_.in_control = false;
    }
    gone_in_lanes_ = 0;
    aborts_.clear();
    after_call();
}

// Notes that the endpoint is to be woken. Endpoints are woken once at the end of a call, however much came for them.
// `always`: wake it even if it has not parked.
void Session::touch(Stream& stream, bool always) {
    StreamSide& side = stream.side_;
    side.wake_always = side.wake_always || always;
    if (!side.touched) {
        side.touched = true;
        touched_.emplace_back(&stream);
    }
}

// Wakes the noted endpoints. A woken endpoint may act at once and call back into this session, so a copy of the list is
// processed.
void Session::flush_wakes() {
    while (!touched_.empty()) {
        std::vector<IntrusivePtr<Stream>> list;
        list.swap(waking_);
        list.swap(touched_);
        for (IntrusivePtr<Stream>& stream : list) {
            StreamSide& side = stream->side_;
            side.touched = false;
            bool wake = stream->inbound_.unpark() || side.wake_always;
            side.wake_always = false;
            // A stream that is gone for good never wakes its endpoint again: this breaks the cycle between the two.
            const bool last = side.gone && !side.unread;
            IntrusivePtr<buffer::Waker> waker = last ? std::move(stream->waker_) : stream->waker_;
            if (wake && waker && !mutant(Mutant::skipped_wake)) {
                waker->wake();
            }
        }
        list.clear();
        waking_.swap(list);  // keeps its memory
    }
}

}  // namespace ferrotunnel::mux
