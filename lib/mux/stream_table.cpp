#include "mux/stream_table.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "mux/mutant.hpp"

namespace ferrotunnel::mux {

using wire::Code;

IntrusivePtr<Stream> StreamTable::make(const Opening& opening) {
    SessionContext& context = parts_.context;
    auto stream = make_intrusive<Stream>(context.shared, opening.id, opening.kind, opening.service);
    StreamSide& side = stream->side_;
    side.opened_here = opening.here;
    side.send_credit = opening.send_window;
    side.window = ReceiveWindow(opening.receive_window, context.now);
    side.window.raise(parts_.budget.first_window());  // the peer may have used less than the first window
    side.taken_at = CoarseTime(context.now);
    stream->count_in(context.meter);
    parts_.opens.add(*stream, context.now);
    try {
        streams_.add(*stream);
    } catch (...) {
        parts_.opens.remove(*stream);
        throw;
    }
    parts_.budget.commit(0, side.committed(context.window_rules));
    parts_.credit.set_mark(*stream);
    ++context.stats.streams_opened;
    count_live();
    return stream;
}

void StreamTable::count_live() noexcept {
    parts_.context.shared->streams.store(static_cast<std::uint32_t>(streams_.size()), std::memory_order_relaxed);
}

void StreamTable::answer(Stream& stream) {
    StreamSide& side = stream.side_;
    if (side.answered) {
        return;
    }
    side.answered = true;
    parts_.opens.remove(stream);
    if (side.opened_here) {
        parts_.opens.note_room();
    }
    if (stream.discard_.load(std::memory_order_acquire) || stream.left_.load(std::memory_order_acquire)) {
        list_orphan(stream);
    }
}

// --- the end ---

void StreamTable::end(Stream& stream, StreamEnd stream_end) {
    StreamSide& side = stream.side_;
    if (side.gone) {
        return;
    }
    IntrusivePtr<Stream> keep(&stream);
    if (!mutant(Mutant::leaked_budget)) {
        parts_.budget.commit(side.committed(parts_.context.window_rules), 0);
    }
    side.gone = true;
    parts_.lanes.note_gone(stream);
    side.send_open = side.receive_open = false;
    side.opened_due = side.credit_due = false;
    answer(stream);
    if (side.orphan) {
        side.orphan = false;
        orphans_.remove(stream);
    }
    if (stream_end) {
        set_stream_end(stream, stream_end);
    }
    drop_outbound(stream);
    if (!stream_end) {
        keep_if_unread(stream);
    }
    // An endpoint that is behind is woken, since it is now the only end left.
    parts_.wakes.touch(stream, static_cast<bool>(stream_end) || side.unread);
    streams_.remove(stream.id());
    count_live();
}

void StreamTable::abort(Stream& stream, Code code, bool in_order) {
    StreamSide& side = stream.side_;
    if (side.gone) {
        return;
    }
    count_refusal(stream, side.opened_here, code);
    const bool unknown_to_peer = side.open_due;
    if (unknown_to_peer) {
        parts_.lanes.drop_open(stream);
    } else if (!mutant(Mutant::lost_abort)) {
        parts_.outbox.abort({stream.delivered(), stream.id(), code, in_order});
    }
    side.open_due = false;
    end(stream, {StreamEnd::Kind::aborted, code});
}

bool StreamTable::abort_if_requested(Stream& stream) {
    const AbortRequest abort_request = stream.abort_request_.load(std::memory_order_acquire);
    const bool is_behind_end = abort_request.when == AbortRequest::When::behind_end;
    if (abort_request.when == AbortRequest::When::never || (is_behind_end && stream.side_.send_open)) {
        return false;
    }
    abort(stream, abort_request.code, is_behind_end);
    return true;
}

void StreamTable::reset_stalled(Stream& stream) {
    if (stream.side_.unread) {
        set_stream_end(stream, {StreamEnd::Kind::aborted, Code::too_slow});
        forget_unread(stream, true);
    } else {
        abort(stream, Code::too_slow);
    }
}

void StreamTable::serve_gone(Stream& stream) {
    drop_outbound(stream);
    const bool given_up = stream.discard_.load(std::memory_order_acquire) ||
                          stream.abort_request_.load(std::memory_order_acquire).when != AbortRequest::When::never;
    if (stream.side_.unread && (given_up || stream.waiting() == 0)) {
        forget_unread(stream, false);
    }
}

void StreamTable::end_all(StreamEnd stream_end) {
    const StreamIndex streams = std::move(streams_);  // it is empty from now on
    streams.for_each([&](Stream& stream) { end(stream, stream_end); });
    while (!unread_.empty()) {
        forget_unread(*unread_.back(), false);
    }
}

void StreamTable::count_refusal(const Stream& stream, bool by_opener, Code code) noexcept {
    if (!stream.side_.answered && (!by_opener || code == Code::timeout)) {
        ++parts_.context.stats.streams_refused;
    }
}

void StreamTable::set_stream_end(Stream& stream, StreamEnd stream_end) noexcept {
    stream.stream_end_.store(
        static_cast<std::uint32_t>(stream_end.kind) << 16 | static_cast<std::uint32_t>(stream_end.code),
        std::memory_order_release);
}

// Drops the outbound queue: present and later items of the endpoint are not sent any more.
void StreamTable::drop_outbound(Stream& stream) {
    stream.send_dead_.store(true, std::memory_order_seq_cst);
    while (StreamItem* item = stream.outbound_.front()) {
        const std::uint32_t cost = item->kind == StreamItem::Kind::data ? limits::data_frame_cost : 0;
        (void)stream.count_unqueued(item->slice.size() + cost);
        if (item->kind == StreamItem::Kind::datagram) {
            stream.extras_->datagrams.queued.fetch_sub(1, std::memory_order_relaxed);
        }
        stream.outbound_.drop_front();
    }
    (void)stream.outbound_.try_park();
    if (stream.room_.unpark()) {
        parts_.wakes.touch(stream, true);
    }
}

// The endpoint reports when it has consumed the last byte.
void StreamTable::keep_if_unread(Stream& stream) {
    StreamSide& side = stream.side_;
    if (side.discarding || side.pushed == stream.taken_.recent()) {
        return;
    }
    if (stream.taken_.set_mark(side.pushed)) {
        side.unread = true;
        side.unread_at = static_cast<std::uint32_t>(unread_.size());
        unread_.emplace_back(&stream);
    }
}

void StreamTable::forget_unread(Stream& stream, bool wake) {
    StreamSide& side = stream.side_;
    parts_.wakes.touch(stream, wake);  // this releases the waker as well
    side.unread = false;
    const IntrusivePtr<Stream> keep = std::exchange(unread_[side.unread_at], std::move(unread_.back()));
    if (side.unread_at + 1 < unread_.size()) {
        unread_[side.unread_at]->side_.unread_at = side.unread_at;
    }
    unread_.pop_back();
}

// --- orphans ---

void StreamTable::list_orphan(Stream& stream) noexcept {
    StreamSide& side = stream.side_;
    if (side.answered && !side.gone && !side.orphan) {
        side.orphan = true;
        orphans_.push(stream, parts_.context.now);
    }
}

void StreamTable::end_those_overdue() {
    const SessionContext& context = parts_.context;
    while (Stream* oldest = parts_.opens.oldest()) {
        if (context.now < context.rested(oldest->side_.waits_since) + context.settings.open_deadline) {
            break;
        }
        abort(*oldest, Code::timeout);
    }
    while (Stream* oldest = orphans_.oldest()) {
        if (context.now < context.rested(oldest->side_.waits_since) + context.settings.orphan_timeout) {
            break;
        }
        end_orphan(*oldest);
    }
}

// Data that still waits here for credit waits for an endpoint that consumes nothing. If everything has been sent, only
// the peer's end is missing: the peer may still be delivering its data, and then ends the stream.
void StreamTable::end_orphan(Stream& stream) {
    if (stream.outbound_.front() != nullptr) {
        abort(stream, Code::too_slow);
    } else if (!stream.side_.send_open && stream.left_.load(std::memory_order_acquire)) {
        abort(stream, Code::cancelled, true);
    } else {  // a socket that accepts nothing more may still send something
        refresh_orphan(stream);
    }
}

void StreamTable::check_invariants(const StreamIds& ids) const {
    const SessionContext& context = parts_.context;
    std::uint64_t committed = 0;
    std::uint32_t own_opens = 0;
    std::uint32_t peer_opens = 0;
    std::uint32_t orphans = 0;
    for_each([&](const Stream& stream) {
        const StreamSide& side = stream.side_;
        check(find(stream.id()) == &stream && !side.gone, "the table holds live streams under their id");
        check(side.opened_here == ids.is_own(stream.id()), "an id's parity shows the side that opened it");
        check(side.send_open || side.receive_open, "a stream with both directions closed has left");
        check(stream.taken_.count() <= side.window.received(), "only received bytes are consumed");
        check(side.window.received() <= side.window.granted(), "nothing is received beyond credit");
        committed += side.committed(context.window_rules);
        own_opens += side.opened_here && !side.answered ? 1U : 0U;
        peer_opens += !side.opened_here && !side.answered ? 1U : 0U;
        orphans += side.orphan ? 1U : 0U;
    });
    for (std::size_t i = 0; i < unread_.size(); ++i) {
        const StreamSide& side = unread_[i]->side_;
        check(side.gone && side.unread && side.unread_at == i, "unread streams are gone, and their index is right");
    }
    check(streams_.size() + std::max(parts_.outbox.aborts(), parts_.lanes.gone()) <= context.settings.streams_max,
          "ended streams count until nothing is left of them");
    check(committed == parts_.budget.committed(), "committed credit is the sum over the streams");
    check(own_opens == parts_.opens.own() && peer_opens == parts_.opens.peer(), "unanswered opens are all listed");
    check(orphans == orphans_.size(), "orphans are all listed");
}

}  // namespace ferrotunnel::mux
