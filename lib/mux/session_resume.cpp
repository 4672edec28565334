// Sessions that outlive their connection: what the session does beside its Resumption.
#include <utility>

#include "base/check.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::mux {

using wire::Code;

void Session::begin_resumable(Duration window) {
    check(state_ == SessionState::authenticating && !resume_, "a session becomes resumable once");
    // What waits is the end of the login: before that nothing else can have been queued.
    const Resumption::Start start{outbox_.urgent_bytes(), reader_.frame_end(), context_.settings.resume_memory, window};
    resume_ = std::make_unique<Resumption>(start, context_.shared->outbound, context_.now);
    liveness_.shorten(window / limits::resume_ping_part, window / limits::resume_dead_part);
}

bool Session::is_resumable() const noexcept {
    const bool lives = state_ == SessionState::open || state_ == SessionState::draining;
    return resume_ && lives && !drain_.peer_is_over() && !resume_->is_given_up();
}

TimePoint Session::resumable_until() const noexcept {
    return resume_ ? resume_->until() : TimePoint{};
}

void Session::give_up_resume() noexcept {
    if (resume_ && resume_->give_up()) {
        context_.shared->waker->wake();  // it may have been full
    }
}

void Session::detach() {
    check(is_resumable(), "only a session that can be resumed waits for a connection");
    in_flight_ = 0;
    produced_ = false;
    resume_->detach();
}

void Session::reattach(std::uint64_t peer_received, Bytes login, TimePoint now) {
    resume_->reattach(peer_received, login, now);
    context_.now = now;
    context_.reattached_at = now;
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

// One ping at a time: the answer to an earlier one also makes room, and then this is asked again.
void Session::ask_to_confirm() {
    if (!resume_ || state_ == SessionState::closed) {
        return;
    }
    const Resumption::Need need = resume_->need();
    if (need == Resumption::Need::fail) {
        fail(Code::limit, "the peer does not confirm what it has received");
    } else if (need == Resumption::Need::ping && liveness_.unanswered() == 0) {
        send_ping(context_.now);
    }
}

bool Session::has_kept_output() const noexcept {
    return !is_detached() &&
           (resume_->has_output() || outbox_.has_urgent() || (!resume_->is_full() && lanes_have_output()));
}

// First what the peer has missed. At the bound only session frames: they are few, and what makes room is among them.
void Session::produce_kept(Batch& batch) {
    if (resume_->is_detached()) {
        return;
    }
    const bool has_more = outbox_.has_urgent() || lanes_have_output();
    const Resumption::Begun begun = resume_->begin_batch(batch, has_more, context_.now);
    if (begun == Resumption::Begun::complete) {
        return;
    }
    context_.stats.frames_sent += begun == Resumption::Begun::confirmed ? 1U : 0U;
    if (outbox_.has_urgent()) {
        context_.stats.frames_sent += outbox_.write_urgent(batch);
    }
    if (!resume_->is_full()) {
        write_lanes(batch);
    }
    if (resume_) {  // a stream's end may have ended the session
        resume_->end_batch(batch, context_.now);
        ask_to_confirm();
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
    switch (resume_->on_confirm(*count, context_.now)) {
        case Resumption::Confirmed::impossible:
            fail(Code::protocol, "a CONFIRM of what was not sent");
            break;
        case Resumption::Confirmed::has_room:
            context_.shared->waker->wake();
            break;
        case Resumption::Confirmed::ok:
            break;
    }
}

}  // namespace ferrotunnel::mux
