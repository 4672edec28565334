// Sessions that outlive their connection: what is counted, kept, confirmed and sent again.
#include <algorithm>

#include "base/check.hpp"
#include "mux/mutant.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::mux {

using wire::Code;

namespace {

// Beside other frames a CONFIRM costs next to nothing; by itself it wakes the peer for 16 bytes. Credit for bulk data
// flows more often than every `confirm_alone_most`.
constexpr std::uint64_t confirm_along = limits::confirm_every / 2;
constexpr std::uint64_t confirm_alone_most = 4 * limits::confirm_every;
// Of what this side may keep itself, since the peer, which has to keep what is not confirmed, may have as much.
constexpr std::uint64_t confirm_alone_part = 16;

}  // namespace

void Session::begin_resumable(Duration window) {
    check(state_ == SessionState::authenticating && !resume_, "a session becomes resumable once");
    // What waits is the end of the login: before that nothing else can have been queued.
    // NOLINTNEXTLINE(modernize-make-unique): not every compiler lets that fill an aggregate
    resume_ = std::unique_ptr<Resumption>(new Resumption{
        ResumeKeeper(outbox_.urgent_bytes(), context_.settings.resume_memory, context_.shared->outbound), window});
    resume_->began_at = reader_.frame_end();
    resume_->heard_at = resume_->confirmed_at = context_.now;
    liveness_.shorten(window / limits::resume_ping_part, window / limits::resume_dead_part);
}

bool Session::is_resumable() const noexcept {
    const bool lives = state_ == SessionState::open || state_ == SessionState::draining;
    return resume_ && lives && !drain_.peer_is_over() && !resume_->given_up;
}

TimePoint Session::resumable_until() const noexcept {
    return resume_ && !resume_->given_up ? resume_->heard_at + resume_->window : TimePoint{};
}

// What is to be sent again still has to be: that is kept until it was.
void Session::give_up_resume() noexcept {
    if (!resume_ || std::exchange(resume_->given_up, true)) {
        return;
    }
    if (!detached_ && !resume_->keeper.has_unsent()) {
        resume_->keeper.give_up();
    }
    context_.shared->waker->wake();  // it may have been full
}

void Session::detach() {
    check(is_resumable(), "only a session that can be resumed waits for a connection");
    Resumption& resume = *resume_;
    detached_ = true;
    resume.login.clear();
    in_flight_ = 0;
    produced_ = false;
    check(resume.keeper.rewind(resume.keeper.confirmed()), "what is confirmed is not sent again");
}

void Session::reattach(std::uint64_t peer_received, Bytes login, TimePoint now) {
    Resumption& resume = *resume_;
    check(detached_, "a session with a connection needs no other");
    check(resume.keeper.rewind(peer_received), "it was asked whether the peer can have received so much");
    context_.now = now;
    detached_ = false;
    resume.login.assign(login.begin(), login.end());
    resume.told = resume.received;
    resume.confirm_due = false;
    resume.reattached_at = resume.confirmed_at = now;
    progress_at_ = now;
    liveness_.heard(now);
    ++context_.stats.resumed;
    ping(now);  // the peer answers as soon as it has everything
    context_.shared->waker->wake();
}

// Silence ends a session that can not be resumed; otherwise its connection alone.
void Session::fail_silent(std::string_view text) {
    if (is_resumable()) {
        events_.on_silent();
    } else {
        fail(Code::silent, text);
    }
}

// Nothing has a deadline but the resume itself. Where the process is short of memory it is not waited for either: what
// is kept can not be given up in part.
void Session::tick_detached() {
    if (context_.shared->asked_to_give_up.exchange(0, std::memory_order_relaxed) >= limits::resume_give_up_least) {
        give_up_resume();
    }
    after_call();
}

// Says how much of what the process asks for was given up: what is kept goes first, where the peer has not confirmed
// anything for a while. That costs nobody anything, unless the connection is lost later. With a peer that confirms
// hardly anything is kept for as long.
std::uint64_t Session::give_up_kept(std::uint64_t asked) noexcept {
    if (!resume_ || asked < limits::resume_give_up_least || resume_->given_up || resume_->keeper.has_unsent() ||
        context_.now < resume_->confirmed_at + limits::stalled_after) {
        return 0;
    }
    const std::uint64_t held = resume_->keeper.held();
    if (held >= limits::resume_give_up_least) {
        give_up_resume();
        return held;
    }
    return 0;
}

// --- sending ---

bool Session::has_kept_output() const noexcept {
    const Resumption& resume = *resume_;
    if (detached_) {
        return false;
    }
    return !resume.login.empty() || resume.keeper.has_unsent() || resume.confirm_due || outbox_.has_urgent() ||
           (!resume.keeper.is_full() && lanes_have_output());
}

// First what the peer has missed. At the bound session frames alone: they are few, and what makes room is among them.
void Session::produce_kept(Batch& batch) {
    Resumption& resume = *resume_;
    if (detached_) {
        return;
    }
    if (!resume.login.empty()) {
        batch.append_copy(resume.login);
        resume.login.clear();
    }
    if (resume.keeper.has_unsent() && !mutant(Mutant::fresh_first)) {
        resume.keeper.send_again(batch);
        resume.confirmed_at = context_.now;
        if (resume.given_up && !resume.keeper.has_unsent()) {
            // The batch holds what it still has to send.
            resume.keeper.give_up();
        }
        return;
    }
    if (!batch.empty()) {
        return;  // the login's bytes do not count: they have a batch of their own
    }
    if (resume.received - resume.told >= confirm_along && (outbox_.has_urgent() || lanes_have_output())) {
        resume.confirm_due = true;
    }
    write_confirm(batch);
    if (outbox_.has_urgent()) {
        context_.stats.frames_sent += outbox_.write_urgent(batch);
    }
    if (!resume.keeper.is_full()) {
        write_lanes(batch);
    }
    if (resume_) {  // a stream's end may have ended the session
        if (resume_->keeper.sent() == resume_->keeper.confirmed()) {
            resume_->confirmed_at = context_.now;
        }
        resume_->keeper.keep(batch);
        ask_to_confirm();
    }
}

void Session::write_confirm(Batch& batch) {
    Resumption& resume = *resume_;
    if (!std::exchange(resume.confirm_due, false)) {
        return;
    }
    resume.told = resume.received;
    const std::uint64_t count = resume.received + (mutant(Mutant::early_confirm) ? 1U : 0U);
    batch.commit(wire::encode_confirm(count, batch.scratch(wire::confirm_frame_bytes)));
    ++context_.stats.frames_sent;
}

// A peer confirms before it answers a ping. One ping at a time: the answer to an earlier one also makes room, and then
// this is asked again.
void Session::ask_to_confirm() {
    if (!resume_ || state_ == SessionState::closed || !resume_->keeper.is_half_full() || mutant(Mutant::silent_bound)) {
        return;
    }
    if (resume_->keeper.is_beyond()) {
        fail(Code::limit, "the peer does not confirm what it has received");
    } else if (liveness_.unanswered() == 0) {
        send_ping(context_.now);
    }
}

// When a peer has not confirmed for too long, while everything that may be sent waits for its word.
TimePoint Session::confirm_deadline() const noexcept {
    const bool waits = resume_->keeper.is_full() && !resume_->keeper.has_unsent();
    return waits ? resume_->confirmed_at + limits::resume_confirm_patience : never;
}

void Session::note_ping(std::uint64_t opaque) noexcept {
    if (resume_) {
        resume_->asked[opaque % resume_->asked.size()] = {opaque, resume_->keeper.sent()};
    }
}

// --- receiving ---

// A peer confirms before it answers: what was sent before the ping has come.
void Session::on_resumable_pong(std::uint64_t opaque) {
    const Resumption::Asked& asked = resume_->asked[opaque % resume_->asked.size()];
    if (asked.opaque == opaque && opaque != 0 && resume_->keeper.confirmed() < asked.sent) {
        fail(Code::protocol, "a PING was answered without a CONFIRM before the answer");
        return;
    }
    ask_to_confirm();
}

void Session::count_received_bytes(std::size_t bytes) {
    Resumption& resume = *resume_;
    resume.received += bytes;
    if (bytes > 0) {
        resume.heard_at = context_.now;
    }
    const std::uint64_t latest =
        std::clamp(context_.settings.resume_memory / confirm_alone_part, limits::confirm_every, confirm_alone_most);
    if (resume.received - resume.told >= latest && !std::exchange(resume.confirm_due, true)) {
        context_.shared->waker->wake();
    }
}

void Session::on_confirm_frame(Bytes payload) {
    const auto count = wire::decode_confirm(payload);
    if (!count) {
        return;
    }
    if (!resume_) {
        fail(Code::protocol, "a CONFIRM on a session that can not be resumed");
        return;
    }
    const bool was_full = resume_->keeper.is_full();
    const std::uint64_t before = resume_->keeper.confirmed();
    if (!resume_->keeper.confirm(*count)) {
        fail(Code::protocol, "a CONFIRM of what was not sent");
        return;
    }
    if (resume_->keeper.confirmed() != before) {
        resume_->confirmed_at = context_.now;
    }
    if (was_full && !resume_->keeper.is_full()) {
        context_.shared->waker->wake();
    }
}

}  // namespace ferrotunnel::mux
