// Credit, the session's budget, and what happens when memory runs short.
#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "mux/mutant.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::mux {

using wire::Code;

// Puts the stream on the control lane if it has credit worth sending. The amount is decided when the frame is written,
// so that everything taken until then is merged into it.
void Session::schedule_credit(Stream& stream) {
    StreamSide& side = stream.side_;
    if (!side.receive_open || side.credit_due) {
        return;
    }
    if (stream.taken_.count() >= side.window.next_grant_at(context_.window_rules, budget_.is_tight())) {
        side.credit_due = true;
        lanes_.want_control(stream);
    } else {
        arm_credit_mark(stream);
    }
}

std::uint32_t Session::grant(Stream& stream) {
    if (!stream.side_.receive_open) {
        return 0;
    }
    ReceiveWindow& window = stream.side_.window;
    std::uint64_t before = window.committed(context_.window_rules);
    std::uint32_t credit = window.grant(context_.window_rules, stream.taken_.count(), budget_.room(), context_.now);
    budget_.commit(before, window.committed(context_.window_rules));
    return credit;
}

// Sets when the endpoint notifies the session.
void Session::arm_credit_mark(Stream& stream) {
    StreamSide& side = stream.side_;
    std::uint64_t mark =
        side.receive_open ? side.window.next_grant_at(context_.window_rules, budget_.is_tight()) : UINT64_MAX;
    if (!stream.taken_.set_mark(mark)) {
        side.credit_due = true;
        lanes_.want_control(stream);
    }
}

// Reacts to BLOCKED from the sender.
void Session::grow_window(Stream& stream) {
    if (liveness_.sample_is_old(context_.now)) {
        ping(context_.now);
    }
    std::uint64_t taken = stream.taken_.count();
    if (stream.side_.window.grow(context_.window_rules, taken, budget_.room(), liveness_.rtt_min(), context_.now)) {
        schedule_credit(stream);
    }
}

void Session::see_to_memory() {
    budget_.begin_review();
    if (budget_.take_cap_turn(context_.now)) {
        SessionShared& shared = *context_.shared;
        // What is kept for resuming goes first.
        const std::uint64_t asked = shared.asked_to_give_up.load(std::memory_order_relaxed);
        if (const std::uint64_t kept = resume_ ? resume_->give_up_for(asked, context_.now) : 0; kept != 0) {
            shared.asked_to_give_up.store(asked - std::min(asked, kept), std::memory_order_relaxed);
            shared.waker->wake();  // it may have been full
        }
        if (budget_.must_give_up()) {
            reset_most_stalled(budget_.excess());
        }
    }
    if (state_ == SessionState::open) {
        if (const auto window = budget_.change_first_window()) {
            std::vector<std::uint8_t> frame(wire::credit_frame_bytes);
            wire::encode_credit(0, *window, frame.data());
            send_urgent(std::move(frame));
        }
    }
    budget_.end_review();
}

// Visits all streams that may hold something: those in the table, and those that have ended and wait for their
// endpoint.
template <typename Visit>
void Session::for_each_holding(Visit visit) {
    for (auto& [id, stream] : streams_) {
        see_progress(*stream);
        visit(*stream);
    }
    for (const IntrusivePtr<Stream>& stream : unread_) {
        see_progress(*stream);
        visit(*stream);
    }
}

void Session::see_progress(Stream& stream) noexcept {
    StreamSide& side = stream.side_;
    const std::uint64_t taken = stream.taken_.recent();
    if (taken != side.taken_seen) {
        side.taken_seen = taken;
        side.taken_at = context_.now;
    }
    if (side.sent != side.sent_seen && side.sent_at != nothing_waits) {
        side.sent_seen = side.sent;
        side.sent_at = context_.now;
    }
}

// Leaves what has not moved for long out of the budget, which is for what moves: a stream's share of the held bytes,
// and the credit that its peer does not use. The result is at most a second old; a walk over all streams happens once a
// second while it matters.
void Session::set_idle_aside() {
    if (!budget_.take_idle_turn(context_.now)) {
        return;
    }
    std::uint64_t held = 0;
    std::uint64_t held_idle = 0;
    std::uint64_t committed_idle = 0;
    for_each_holding([&](const Stream& stream) {
        const StreamSide& side = stream.side_;
        const std::uint64_t here = side.window.received() - side.taken_seen;
        held += here;
        if (context_.now - side.taken_at >= limits::set_aside_after) {
            held_idle += here;
            committed_idle += side.committed(context_.window_rules);
        }
    });
    budget_.set_idle(held, held_idle, committed_idle);
}

// Resets the streams that hold most for longest and whose endpoint has not taken anything for a while, including
// streams that have ended already and wait for a slow visitor to take their last bytes. Of many such streams a part is
// reset at once. When the process asks for it, what waits to be sent counts too. Far beyond the hard cap no stream gets
// this grace.
void Session::reset_most_stalled(std::uint64_t excess) {
    struct Stalled {
        double weight = 0;
        std::uint64_t held = 0;
        IntrusivePtr<Stream> stream;
    };
    const bool asked = context_.shared->asked_to_give_up.exchange(0, std::memory_order_relaxed) != 0;
    const bool urgent = context_.shared->ledger->bytes() / 2 > context_.settings.memory_hard;
    std::vector<Stalled> stalled;
    std::uint64_t all = 0;  // held by all streams, without what slabs pin beyond what is in them
    for_each_holding([&](Stream& stream) {
        const StreamSide& side = stream.side_;
        Stalled found;
        all += side.window.received() - side.taken_seen + (asked ? stream.queued_bytes() : 0);
        const auto add = [&](std::uint64_t held, Duration still) {
            if (held > 0 && (urgent || still >= limits::stalled_after)) {
                found.held += held;
                found.weight += static_cast<double>(held) * std::chrono::duration<double>(still).count();
            }
        };
        add(side.window.received() - side.taken_seen, context_.now - side.taken_at);
        add(asked && side.sent_at != nothing_waits ? stream.queued_bytes() : 0, context_.now - side.sent_at);
        if (found.held > 0) {
            found.stream = IntrusivePtr<Stream>(&stream);
            stalled.push_back(std::move(found));
        }
    });
    std::sort(stalled.begin(), stalled.end(), [](const Stalled& a, const Stalled& b) {
        return std::tie(a.weight, a.held) > std::tie(b.weight, b.held);
    });
    const std::uint64_t pinned = context_.shared->ledger->bytes() + (asked ? context_.shared->outbound->bytes() : 0);
    if (all < pinned) {
        const double share = static_cast<double>(all) / static_cast<double>(pinned);
        excess = static_cast<std::uint64_t>(static_cast<double>(excess) * share) + 1;
    }
    const std::size_t one_of = urgent ? 1 : limits::stalled_reset_one_of;
    std::uint64_t given_up = 0;
    for (std::size_t i = 0; i < (stalled.size() + one_of - 1) / one_of && given_up < excess; ++i) {
        reset_stalled(*stalled[i].stream);
        given_up += stalled[i].held;
    }
}

void Session::reset_stalled(Stream& stream) {
    if (stream.side_.unread) {
        set_verdict(stream, {Verdict::Kind::aborted, Code::too_slow});
        forget_unread(stream, true);
    } else {
        abort_stream(stream, Code::too_slow);
    }
}

}  // namespace ferrotunnel::mux
