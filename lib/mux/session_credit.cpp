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

void Session::commit_change(std::uint64_t before, std::uint64_t after) noexcept {
    committed_ = committed_ - before + after;
}

std::uint64_t Session::budget_room() const noexcept {
    const std::uint64_t in_use = memory_in_use();
    return in_use < budget_end_ ? std::min(budget_end_ - in_use, context_.settings.budget) : 0;
}

// Puts the stream on the control lane if it has credit worth sending. The amount is decided when the frame is written,
// so that everything taken until then is merged into it.
void Session::schedule_credit(Stream& stream) {
    StreamSide& side = stream.side_;
    if (!side.receive_open || side.credit_due) {
        return;
    }
    if (stream.taken_.count() >= side.window.next_grant_at(context_.window_rules, budget_tight())) {
        side.credit_due = true;
        want_control(stream);
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
    std::uint32_t credit = window.grant(context_.window_rules, stream.taken_.count(), budget_room(), context_.now);
    commit_change(before, window.committed(context_.window_rules));
    return credit;
}

// Sets when the endpoint notifies the session.
void Session::arm_credit_mark(Stream& stream) {
    StreamSide& side = stream.side_;
    std::uint64_t mark =
        side.receive_open ? side.window.next_grant_at(context_.window_rules, budget_tight()) : UINT64_MAX;
    if (!stream.taken_.set_mark(mark)) {
        side.credit_due = true;
        want_control(stream);
    }
}

// Reacts to BLOCKED from the sender.
void Session::grow_window(Stream& stream) {
    if (liveness_.sample_is_old(context_.now)) {
        ping(context_.now);
    }
    std::uint64_t taken = stream.taken_.count();
    if (stream.side_.window.grow(context_.window_rules, taken, budget_room(), liveness_.rtt_min(), context_.now)) {
        schedule_credit(stream);
    }
}

// Does everything that depends on how much memory is in use, here or in the whole process. It would do nothing more
// until that amount leaves a certain range or the process reports something else. The range is kept, so that a call is
// usually spared all this.
void Session::see_to_memory() {
    // This comes first, so that a change reported later is looked at again.
    context_.shared->pressure_changed.exchange(false, std::memory_order_acquire);
    budget_end_ = context_.shared->is_tight() ? 0 : context_.settings.budget + set_aside_;
    enforce_memory_cap();
    announce_first_window();

    const bool small_window = announced_first_window_ != context_.settings.first_window;
    const std::uint64_t small_beyond = budget_end_ == 0 ? 0 : small_window_beyond(small_window) + set_aside_ + 1;
    calm_from_ = small_window ? small_beyond : 0;
    const std::uint64_t end = std::min(small_window ? UINT64_MAX : small_beyond, context_.settings.memory_hard + 1);
    calm_span_ = end > calm_from_ && !must_give_up() ? end - calm_from_ : 0;
}

// The part of the budget in use beyond which windows are small. It is lower once they are, so that they do not flip to
// and fro.
std::uint64_t Session::small_window_beyond(bool is_small) const noexcept {
    return is_small ? context_.settings.budget / 8 * 3 : context_.settings.budget / 2;
}

// Announces the first window: new streams start with a small window while more than half of the budget is in use, or
// while the process is short of memory.
void Session::announce_first_window() {
    if (state_ != SessionState::open) {
        return;
    }
    bool tight_now = announced_first_window_ != context_.settings.first_window;
    bool tight = budget_end_ == 0 || uses_more_than(small_window_beyond(tight_now));
    if (tight == tight_now) {
        return;
    }
    announced_first_window_ = tight ? std::min(context_.settings.first_window_tight, context_.settings.first_window)
                                    : context_.settings.first_window;
    if (announced_first_window_ == context_.settings.first_window && tight) {
        return;
    }
    std::vector<std::uint8_t> frame(wire::credit_frame_bytes);
    wire::encode_credit(0, announced_first_window_, frame.data());
    send_urgent(std::move(frame));
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
// and the credit that its peer does not use. Of that credit no more is left out than the size of the budget, since all
// of it may come at once. The result is at most a second old; a walk over all streams happens once a second while it
// matters.
void Session::set_idle_aside() {
    calm_span_ = 0;  // everything that depends on it must be looked at again
    const std::uint64_t held_now = context_.shared->ledger->bytes();
    if (held_now + committed_ <= context_.settings.budget / 4) {
        set_aside_ = 0;
        return;
    }
    if (context_.now < set_aside_at_ + limits::set_aside_look_every) {
        return;
    }
    set_aside_at_ = context_.now;
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
    // As a share of what is really held: the bytes in a slab may be fewer than the slab takes.
    const double share = held != 0 ? static_cast<double>(held_idle) / static_cast<double>(held) : 0;
    set_aside_ = static_cast<std::uint64_t>(static_cast<double>(held_now) * share) +
                 std::min(committed_idle, context_.settings.budget);
}

/// How much streams must give up: what exceeds the session's hard cap, or what the process asks for.
std::uint64_t Session::memory_excess() const noexcept {
    const std::uint64_t held = context_.shared->ledger->bytes();
    const std::uint64_t own = held > context_.settings.memory_hard ? held - context_.settings.memory_hard : 0;
    return std::max(own, context_.shared->asked_to_give_up.load(std::memory_order_relaxed));
}

void Session::enforce_memory_cap() {
    if (must_give_up() && context_.now >= memory_checked_at_ + limits::stalled_after / 2) {
        memory_checked_at_ = context_.now;
        if (const std::uint64_t asked = context_.shared->asked_to_give_up.load(std::memory_order_relaxed); asked != 0) {
            const std::uint64_t given_up = give_up_kept(asked);
            context_.shared->asked_to_give_up.store(asked - std::min(asked, given_up), std::memory_order_relaxed);
        }
        if (must_give_up()) {
            reset_most_stalled(memory_excess());
        }
    }
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
