// Credit, the session's budget, and what happens when memory runs out.
#include <algorithm>
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

/// Real bytes that are held, plus credit that may become bytes, beyond what every stream gets anyway.
std::uint64_t Session::budget_in_use() const noexcept {
    return shared_->ledger->bytes() + committed_;
}

std::uint64_t Session::budget_room() const noexcept {
    std::uint64_t in_use = budget_in_use();
    return in_use < settings_.budget ? settings_.budget - in_use : 0;
}

// The stream goes on the control lane if it has credit worth sending; how much is decided when the frame is written, so
// that everything taken until then is merged.
void Session::schedule_credit(Stream& stream) {
    StreamSide& side = stream.side_;
    if (!side.receive_open || side.credit_due) {
        return;
    }
    if (stream.taken_.load(std::memory_order_seq_cst) >= side.window.next_grant_at(window_rules_, budget_tight())) {
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
    std::uint64_t before = window.committed(window_rules_);
    std::uint32_t credit =
        window.grant(window_rules_, stream.taken_.load(std::memory_order_seq_cst), budget_room(), now_);
    commit_change(before, window.committed(window_rules_));
    return credit;
}

// Tells the endpoint when to speak up. Dekker with Stream::count_taken: the mark is written before `taken_` is read,
// and there `taken_` before the mark, so that one of the two sees the other.
void Session::arm_credit_mark(Stream& stream) {
    StreamSide& side = stream.side_;
    std::uint64_t mark = side.receive_open ? side.window.next_grant_at(window_rules_, budget_tight()) : UINT64_MAX;
    stream.credit_mark_.store(mark, std::memory_order_seq_cst);
    if (stream.taken_.load(std::memory_order_seq_cst) >= mark) {
        side.credit_due = true;
        want_control(stream);
    }
}

// The sender said BLOCKED.
void Session::grow_window(Stream& stream) {
    if (liveness_.sample_is_old(now_)) {
        ping(now_);
    }
    std::uint64_t taken = stream.taken_.load(std::memory_order_seq_cst);
    if (stream.side_.window.grow(window_rules_, taken, budget_room(), liveness_.rtt_min(), now_)) {
        schedule_credit(stream);
    }
}

// While more than half of the budget is in use, new streams start with a small window.
void Session::announce_first_window() {
    if (state_ != SessionState::open) {
        return;
    }
    bool tight_now = announced_first_window_ != settings_.first_window;
    std::uint64_t in_use = budget_in_use();
    bool tight = tight_now ? in_use > settings_.budget / 8 * 3 : in_use > settings_.budget / 2;
    if (tight == tight_now) {
        return;
    }
    announced_first_window_ =
        tight ? std::min(settings_.first_window_tight, settings_.first_window) : settings_.first_window;
    if (announced_first_window_ == settings_.first_window && tight) {
        return;
    }
    std::vector<std::uint8_t> frame(wire::credit_frame_bytes);
    wire::encode_credit(0, announced_first_window_, frame.data());
    send_urgent(std::move(frame));
}

void Session::enforce_memory_cap() {
    if (shared_->ledger->bytes() > settings_.memory_hard && now_ >= memory_checked_at_ + limits::stalled_after / 2) {
        memory_checked_at_ = now_;
        reset_most_stalled();
    }
}

// Above the hard cap the stream that holds most, and whose endpoint has not taken anything for a while, is reset; also
// one that has ended already, and waits for a slow visitor with the bytes that came before. Of many the part that holds
// most goes at once: one each time would take an hour for what 16,384 can hold.
void Session::reset_most_stalled() {
    std::vector<std::pair<std::uint64_t, IntrusivePtr<Stream>>> stalled;  // and what each holds
    auto look_at = [&](Stream& stream) {
        StreamSide& side = stream.side_;
        const std::uint64_t taken = stream.taken_.load(std::memory_order_relaxed);
        if (taken != side.taken_seen) {
            side.taken_seen = taken;
            side.taken_at = now_;
        }
        const std::uint64_t held = side.window.received() - taken;
        if (held > 0 && now_ - side.taken_at >= limits::stalled_after) {
            stalled.emplace_back(held, &stream);
        }
    };
    for (auto& [id, stream] : streams_) {
        look_at(*stream);
    }
    for (const IntrusivePtr<Stream>& stream : unread_) {
        look_at(*stream);
    }
    constexpr std::size_t of_each_reset = 16;  // one of so many
    std::sort(stalled.begin(), stalled.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    const std::uint64_t excess = shared_->ledger->bytes() - settings_.memory_hard;
    std::uint64_t given_up = 0;
    for (std::size_t i = 0; i < (stalled.size() + of_each_reset - 1) / of_each_reset && given_up < excess; ++i) {
        reset_stalled(*stalled[i].second);
        given_up += stalled[i].first;
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
