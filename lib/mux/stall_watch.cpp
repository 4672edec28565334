#include "mux/stall_watch.hpp"

#include <algorithm>

namespace ferrotunnel::mux {
namespace {

// The most credit that a sender waits for before it sends what it has.
constexpr std::uint64_t least_useful_credit = limits::data_frame_cost + limits::shortest_cut;

}  // namespace

// Empty if it moves, or if the reason for waiting is known. Each condition may be true for a moment, while another
// thread is in the middle of an operation.
std::optional<Stall::Why> StallWatch::stall_cause(Stream& stream, const Stream* receiving) {
    const StreamSide& side = stream.side_;
    if (stream.is_listed()) {
        return std::nullopt;  // the stream sends with the next batch
    }
    const StreamItem* const item = stream.outbound_.front();
    const bool has_credit =
        item != nullptr && (item->kind != StreamItem::Kind::data || side.send_credit >= credit_needed(item->slice));
    if (has_credit && side.lane == LaneState::out) {
        return Stall::Why::unscheduled;
    }
    if (stream.queued_bytes() == 0 && stream.room_.is_parked()) {
        return Stall::Why::missed_room_wake;
    }
    if (stream.waiting() != 0 && stream.inbound_.is_parked()) {
        return Stall::Why::unread;
    }
    const bool is_owed = side.receive_open && &stream != receiving && stream.kind() != wire::ServiceKind::udp &&
                         stream.waiting() == 0 && side.window.outstanding() < least_useful_credit;
    if (is_owed && !(side.credit_due && side.in_control)) {
        return Stall::Why::no_credit;
    }
    return std::nullopt;
}

Stall StallWatch::stall_of(const Stream& stream, Stall::Why why) {
    const StreamSide& side = stream.side_;
    return {stream.id(),
            stream.service(),
            why,
            side.sent,
            stream.queued_bytes(),
            side.send_credit,
            stream.taken_.recent(),
            stream.waiting(),
            side.window.outstanding()};
}

// Whether the previous check found it in the same state.
bool StallWatch::is_confirmed(const Stall& stall) {
    if (now_.size() < suspects_max) {
        now_.push_back(stall);
    }
    return std::any_of(before_.begin(), before_.end(), [&](const Stall& before) {
        return before.stream == stall.stream && before.why == stall.why && before.sent == stall.sent &&
               before.taken == stall.taken;
    });
}

void StallWatch::check_streams(const Stream* receiving, const std::function<void(const Stall&)>& report) {
    check_at_ = table_.empty() ? never : context_.now + check_interval;
    table_.for_each([&](Stream& stream) {
        if (const auto why = stall_cause(stream, receiving)) {
            const Stall stall = stall_of(stream, *why);
            if (is_confirmed(stall)) {
                report(stall);
                wake(stream, *why);
            }
        }
    });
    before_.swap(now_);
    now_.clear();
}

// Lets the stream continue, whichever wake was lost.
void StallWatch::wake(Stream& stream, Stall::Why why) {
    switch (why) {
        case Stall::Why::unscheduled:
            stream.notify_session();
            return;
        case Stall::Why::missed_room_wake:
        case Stall::Why::unread:
            wakes_.touch(stream, true);
            return;
        case Stall::Why::no_credit:
            // Credit is due, but the stream is on no lane: its place was lost. A stream that is on the lane must not be
            // added again.
            stream.side_.in_control = stream.side_.in_control && !stream.side_.credit_due;
            stream.side_.credit_due = true;
            lanes_.want_control(stream);
            return;
    }
}

}  // namespace ferrotunnel::mux
