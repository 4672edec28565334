// The life of the session: opening streams, draining, failing, resuming, time.
#include "mux/session.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace ferrotunnel::mux {

using wire::Code;
using wire::StreamId;

namespace {

// One less than the peer allows, since a drain sends its ping in any case.
constexpr std::size_t pings_unanswered_max = limits::pongs_pending_max - 1;

}  // namespace

Session::Session(const Settings& settings, SessionEvents& events, IntrusivePtr<buffer::Waker> waker,
                 buffer::SlabPool& /*pool*/, Random& random, TimePoint now)
    : events_(events),
      context_{settings,
               {settings.first_window, settings.window_max},
               make_intrusive<SessionShared>(std::move(waker), settings),
               now},
      ids_(context_.settings),
      liveness_(settings, static_cast<std::uint32_t>(random.below(1000)), now),
      outbox_(*context_.shared->waker),
      lanes_(*context_.shared->waker),
      budget_(context_.settings, *context_.shared),
      opens_(context_.settings),
      credit_(context_, budget_, lanes_),
      table_({context_, opens_, budget_, credit_, lanes_, outbox_, wakes_}, random.next()),
      compactor_(context_),
      receiver_({context_, ids_, liveness_, opens_, table_, budget_, credit_, lanes_, compactor_, wakes_}),
      requests_(context_, table_, budget_, credit_, lanes_),
      sender_(context_, table_, credit_, lanes_, wakes_),
      reclaimer_(context_, budget_, table_),
      stalls_(context_, table_, lanes_, wakes_),
      write_rate_(now),
      progress_at_(now) {}

Session::~Session() {
    lose();
}

// --- actions ---

void Session::establish(const PeerLimits& peer) {
    check(state_ == SessionState::authenticating, "a session is established once");
    check(peer.first_window >= limits::first_window_min, "the login refuses a peer with windows that are too small");
    opens_.set_peer(peer);
    state_ = SessionState::open;
    liveness_.shorten(peer.ping_interval, peer.dead_interval);
    ping(context_.now);  // the first RTT sample
}

void Session::send_control(Bytes message) {
    std::vector<std::uint8_t> frame(limits::frame_header_bytes + message.size());
    wire::encode_header({static_cast<std::uint16_t>(message.size()), wire::FrameType::control, 0, 0}, frame.data());
    std::copy(message.begin(), message.end(), frame.begin() + limits::frame_header_bytes);
    send_urgent(std::move(frame));
}

// Pings that wait for their answer prove liveness as well as another one would. A peer that was stopped for a while
// reads them all at once, and more of them than its limit of pending answers would end the session.
void Session::ping(TimePoint now) {
    if (liveness_.unanswered() >= pings_unanswered_max) {
        liveness_.put_off(now);
    } else {
        send_ping(now);
    }
}

void Session::send_ping(TimePoint now) {
    std::vector<std::uint8_t> frame(wire::ping_frame_bytes);
    const std::uint64_t opaque = liveness_.ping(now);
    wire::encode_ping(opaque, false, frame.data());
    if (resume_) {
        resume_->note_ping(opaque);
    }
    send_urgent(std::move(frame));
}

void Session::send_urgent(std::vector<std::uint8_t> frame) {
    if (state_ != SessionState::closed && !outbox_.send(std::move(frame))) {
        fail(Code::limit, "the peer does not read: too many session frames are waiting for it");
    }
}

Result<IntrusivePtr<Stream>, Code> Session::open(const OpenRequest& request, IntrusivePtr<buffer::Waker> waker,
                                                 bool foreign, TimePoint now) {
    context_.now = now;
    if (state_ != SessionState::open) {
        return state_ == SessionState::draining ? Code::going_away : Code::internal;
    }
    if (drain_.peer_drains()) {
        return Code::going_away;
    }
    if (ids_.is_used_up()) {
        return Code::rotated;
    }
    if (!opens_.may_open(request.service, table_.kept())) {
        ++context_.stats.streams_refused;
        return Code::busy;
    }
    // Everything that may fail for lack of memory comes first: a stream exists completely, or not at all.
    const StreamId id = ids_.next();
    const std::uint32_t send_window = opens_.peer_first_window();
    const std::uint32_t receive_window = budget_.first_window();
    const wire::Open open{request.service, request.kind,   request.visitor,
                          send_window,     receive_window, request.metadata};
    std::array<std::uint8_t, wire::open_frame_max> encoded;
    const std::size_t length = wire::encode_open(id, open, encoded.data());
    buffer::Slice frame = buffer::Slice::copy_of(Bytes(encoded).first(length));
    lanes_.reserve_open();
    IntrusivePtr<Stream> stream = table_.make({id, request.service, request.kind, true, send_window, receive_window});
    ids_.use_next();
    stalls_.begin();
    stream->attach(std::move(waker), foreign);
    if (request.meter) {
        stream->count_in(request.meter);
    }
    sender_.send_open(*stream, std::move(frame));
    if (ids_.consume_rotation()) {
        events_.on_rotate_due();
    }
    return stream;
}

bool Session::must_wait(std::uint32_t service) noexcept {
    const bool waits = state_ == SessionState::open && opens_.is_full(service);
    if (waits) {
        opens_.want_room();
    }
    return waits;
}

void Session::drain(Code code, std::string_view text, TimePoint now) {
    context_.now = now;
    if (state_ != SessionState::open) {
        return;
    }
    state_ = SessionState::draining;
    drain_.begin(code, text);
    // Opens in flight are still accepted: the final GOAWAY follows when a ping was answered.
    outbox_.send_goaway({limits::stream_id_max, code, as_bytes(text)});
    send_ping(now);
    drain_.await_ping(liveness_.last_sent());
}

void Session::abort_streams(const std::function<bool(const Stream&)>& which, Code code) {
    table_.for_each([&](Stream& stream) {
        if (which(stream)) {
            stream.abort(code);  // takes effect with the next batch, so nothing changes here meanwhile
        }
    });
}

void Session::announce(Code code, std::string_view text) {
    if (state_ == SessionState::open) {
        outbox_.send_goaway({limits::stream_id_max, code, as_bytes(text)});
    }
}

void Session::fail(Code code, std::string_view text) {
    if (state_ == SessionState::closed) {
        return;
    }
    failure_ = Failure{code, std::string(text), false};
    outbox_.send_goaway({ids_.last_peer(), code, as_bytes(text)});
    close(code);
}

void Session::lose() {
    outbox_.clear();
    resume_.reset();
    if (state_ != SessionState::closed) {
        close(Code::none);
    }
    wakes_.flush();
    compactor_.forget();  // needed if something failed between take() and settle()
    context_.shared->ready.close();
}

void Session::close(Code code) {
    state_ = SessionState::closed;
    table_.end_all({StreamEnd::Kind::lost, code});
    receiver_.drop_target();
    lanes_.clear();
    outbox_.clear_aborts();
    after_call();
}

void Session::notify_driver() {
    if (opens_.consume_room() && state_ == SessionState::open) {
        events_.on_room();
    }
    if (state_ == SessionState::draining && table_.empty() && drain_.on_empty()) {
        events_.on_drained();
    }
}

// --- resuming ---

void Session::begin_resumable(Duration window) {
    check(state_ == SessionState::authenticating && !resume_, "a session becomes resumable once");
    // The queue contains only the end of the login: nothing else can have been queued before.
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
        context_.shared->waker->wake();  // a full retransmit buffer may have paused the output
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

// One ping at a time: the answer to an earlier one also makes room, and then this is checked again.
void Session::request_confirm() {
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

// --- time ---

void Session::tick(TimePoint now) {
    context_.now = now;
    if (state_ == SessionState::closed) {
        return;
    }
    if (is_detached()) {
        // Only the resume itself has a deadline. If the process is short of memory it is not waited for either: kept
        // bytes cannot be given up in part.
        if (context_.shared->reclaim_requested.exchange(0, std::memory_order_relaxed) >= limits::resume_give_up_least) {
            give_up_resume();
        }
        after_call();
        return;
    }
    const Settings& settings = context_.settings;
    const char* silence = nullptr;
    if (in_flight_ > 0 && now >= progress_at_ + settings.write_timeout) {
        silence = "the peer accepts no data: no write progress within the allowed time";
    } else if (state_ == SessionState::authenticating) {
        return;  // the driver has a deadline for the handshake
    } else if (liveness_.dead(now)) {
        silence = "nothing was received from the peer for the dead interval";
    }
    if (silence != nullptr) {
        // Silence ends a session that cannot be resumed; otherwise only its connection.
        is_resumable() ? events_.on_silent() : fail(Code::silent, silence);
        return;
    }
    if (resume_ && now >= resume_->confirm_deadline()) {
        fail(Code::limit, "the peer does not confirm what it has received");
        return;
    }
    if (liveness_.ping_due(now)) {
        ping(now);
    }
    table_.end_overdue();
    if (now >= stalls_.next_deadline()) {
        stalls_.check_streams(receiver_.receiving(), [this](const Stall& stall) {
            ++context_.stats.stalls;
            events_.on_stall(stall);
        });
    }
    if (budget_.watches_idle()) {
        reclaimer_.set_idle_aside();
    }
    if (!budget_.is_calm()) {
        review_memory();
    }
    after_call();
}

TimePoint Session::next_deadline() const noexcept {
    if (state_ == SessionState::closed) {
        return never;
    }
    if (is_detached()) {
        return resumable_until();
    }
    const TimePoint progress = in_flight_ > 0 ? progress_at_ + context_.settings.write_timeout : never;
    if (state_ == SessionState::authenticating) {
        return progress;
    }
    // By value: std::min would need addresses, which each tick would pay for.
    const auto sooner = [](TimePoint a, TimePoint b) { return b < a ? b : a; };
    const TimePoint silence = sooner(progress, liveness_.next_deadline());
    const TimePoint waits = sooner(sooner(table_.next_deadline(), budget_.next_deadline()), stalls_.next_deadline());
    const TimePoint confirm = resume_ ? resume_->confirm_deadline() : never;
    return sooner(sooner(silence, waits), confirm);
}

void Session::written(std::size_t bytes, TimePoint now) noexcept {
    in_flight_ -= std::min(bytes, in_flight_);
    progress_at_ = now;
    write_rate_.count(bytes, now);
}

void Session::review_memory() {
    SessionShared& shared = *context_.shared;
    budget_.begin_review();
    if (budget_.start_cap_check(context_.now)) {
        // Bytes kept for resuming are given up first.
        const std::uint64_t asked = shared.reclaim_requested.load(std::memory_order_relaxed);
        if (const std::uint64_t kept = resume_ ? resume_->give_up_for(asked, context_.now) : 0; kept != 0) {
            shared.reclaim_requested.store(asked - std::min(asked, kept), std::memory_order_relaxed);
            shared.waker->wake();  // a full retransmit buffer may have paused the output
        }
        if (budget_.must_reclaim()) {
            reclaimer_.reset_most_stalled(budget_.excess());
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

// --- queries ---

SessionStats Session::stats() const noexcept {
    SessionStats stats = context_.stats;
    stats.credit_committed = budget_.committed();
    stats.set_aside = budget_.set_aside();
    stats.bytes_held = context_.shared->ledger->bytes();
    stats.bytes_queued = context_.shared->outbound->bytes();
    stats.streams = static_cast<std::uint32_t>(table_.size());
    stats.streams_unread = static_cast<std::uint32_t>(table_.unread());
    stats.resets_waiting = static_cast<std::uint32_t>(outbox_.aborts());
    stats.bytes_kept = kept_bytes();
    stats.rtt_min = liveness_.rtt_min();
    return stats;
}

void Session::check_invariants() const {
    table_.check_invariants(ids_);
    if (state_ == SessionState::closed) {
        check(table_.empty() && table_.unread() == 0, "a closed session has no live or unread streams");
        check(outbox_.aborts() == 0, "a closed session has no pending resets");
    }
}

}  // namespace ferrotunnel::mux
