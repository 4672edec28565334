// The life of the session: opening streams, draining, failing, time.
#include "mux/session.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace ferrotunnel::mux {
namespace {

using wire::Code;
using wire::StreamId;

// One less than the peer allows, since a drain sends its ping in any case.
constexpr std::size_t pings_unanswered_max = limits::pongs_pending_max - 1;

StreamId first_own_id(const Settings& settings) {
    StreamId id = settings.first_id != 0 ? settings.first_id : settings.role == Role::server ? 1U : 2U;
    check((id % 2 == 1) == (settings.role == Role::server), "the server opens odd ids, the client even ones");
    return id;
}

}  // namespace

Session::Session(const Settings& settings, SessionEvents& events, IntrusivePtr<buffer::Waker> waker,
                 buffer::SlabPool& pool, Random& random, TimePoint now)
    : settings_(settings),
      window_rules_{settings.first_window, settings.window_max},
      events_(events),
      pool_(pool),
      shared_(make_intrusive<SessionShared>(std::move(waker), settings)),
      now_(now),
      next_id_(first_own_id(settings)),
      liveness_(settings, static_cast<std::uint32_t>(random.below(1000)), now),
      write_rate_(now),
      progress_at_(now),
      announced_first_window_(settings.first_window) {}

Session::~Session() {
    lose();
}

// --- actions ---

void Session::establish(const PeerLimits& peer) {
    check(state_ == SessionState::authenticating, "a session is established once");
    check(peer.first_window >= limits::first_window_min, "the login refuses a peer with windows that are too small");
    peer_ = peer;
    peer_first_window_ = peer.first_window;
    state_ = SessionState::open;
    liveness_.shorten(peer.ping_interval, peer.dead_interval);
    ping(now_);  // the first RTT sample
}

void Session::send_control(Bytes message) {
    std::vector<std::uint8_t> frame(limits::frame_header_bytes + message.size());
    wire::encode_header({static_cast<std::uint16_t>(message.size()), wire::FrameType::control, 0, 0}, frame.data());
    std::copy(message.begin(), message.end(), frame.begin() + limits::frame_header_bytes);
    send_urgent(std::move(frame));
}

// Pings that wait for their answer prove life as well as another one would. A peer that was stopped for a while reads
// them all at once, and more of them than it may owe answers to would end the session.
void Session::ping(TimePoint now) {
    if (liveness_.unanswered() >= pings_unanswered_max) {
        liveness_.put_off(now);
        return;
    }
    send_ping(now);
}

void Session::send_ping(TimePoint now) {
    if (resume_ && resume_->received != resume_->told) {
        resume_->confirm_due = true;  // it costs little beside the ping, and an idle peer keeps nothing
    }
    std::vector<std::uint8_t> frame(wire::ping_frame_bytes);
    const std::uint64_t opaque = liveness_.ping(now);
    wire::encode_ping(opaque, false, frame.data());
    note_ping(opaque);
    send_urgent(std::move(frame));
}

void Session::send_urgent(std::vector<std::uint8_t> frame) {
    if (state_ == SessionState::closed) {
        return;
    }
    if (urgent_bytes_ + frame.size() > limits::urgent_bytes_max) {
        fail(Code::limit, "the peer does not read: too many session frames are waiting for it");
        return;
    }
    urgent_bytes_ += frame.size();
    urgent_.push_back(std::move(frame));
    shared_->waker->wake();
}

void Session::send_goaway(StreamId last, Code code, std::string_view text) {
    std::vector<std::uint8_t> frame(wire::goaway_frame_max);
    frame.resize(wire::encode_goaway({last, code, as_bytes(text)}, frame.data()));
    urgent_bytes_ += frame.size();
    urgent_.push_back(std::move(frame));
    shared_->waker->wake();
}

Result<IntrusivePtr<Stream>, Code> Session::open(const OpenRequest& request, IntrusivePtr<buffer::Waker> waker,
                                                 bool foreign, TimePoint now) {
    now_ = now;
    if (state_ != SessionState::open) {
        return state_ == SessionState::draining ? Code::going_away : Code::internal;
    }
    if (peer_drains_) {
        return Code::going_away;
    }
    if (next_id_ > settings_.last_id) {
        return Code::rotated;
    }
    if (streams_kept() >= std::min(settings_.streams_max, peer_.streams_max) || opens_are_full(request.service)) {
        ++stats_.streams_refused;
        return Code::busy;
    }
    // Everything that may fail for lack of memory comes first: a stream exists with all that belongs to it, or not at
    // all.
    StreamId id = next_id_;
    wire::Open open{request.service,         request.kind,    request.visitor, peer_first_window_,
                    announced_first_window_, request.metadata};
    std::array<std::uint8_t, wire::open_frame_max> encoded;
    const std::size_t length = wire::encode_open(id, open, encoded.data());
    buffer::Slice frame = buffer::Slice::copy_of(Bytes(encoded).first(length));
    IntrusivePtr<Stream> stream =
        make_stream(id, request.service, request.kind, own_opens_, peer_first_window_, announced_first_window_);
    next_id_ += 2;
    stream->attach(std::move(waker), foreign);
    if (request.meter) {
        stream->count_in(request.meter);
    }
    StreamSide& side = stream->side_;
    side.opened_here = true;
    side.open_frame = std::move(frame);
    side.open_due = true;
    want_control(*stream);
    if (next_id_ > settings_.rotate_at && !rotate_told_) {
        rotate_told_ = true;
        events_.on_rotate_due();
    }
    return stream;
}

// No service has all the room. Visits name service 0 whatever they are to: that is none, and they have a bound of their
// own (session/private_visits.cpp).
bool Session::opens_are_full(std::uint32_t service) const {
    return own_opens_.size() >= std::min(settings_.opens_max, peer_.opens_max) ||
           (service != 0 && own_opens_.of_service(service) >= settings_.opens_per_service_max);
}

bool Session::must_wait(std::uint32_t service) noexcept {
    const bool waits = state_ == SessionState::open && opens_are_full(service);
    room_wanted_ = room_wanted_ || waits;
    return waits;
}

void Session::drain(Code code, std::string_view text, TimePoint now) {
    now_ = now;
    if (state_ != SessionState::open) {
        return;
    }
    state_ = SessionState::draining;
    drain_code_ = code;
    drain_text_ = text;
    // Opens that are under way are still welcome: the final word follows when a ping has come back.
    send_goaway(limits::stream_id_max, code, text);
    send_ping(now);
    drain_ping_ = liveness_.last_sent();
}

void Session::abort_streams(const std::function<bool(const Stream&)>& which, Code code) {
    for (const auto& [id, stream] : streams_) {
        if (which(*stream)) {
            stream->abort(code);  // carried out with the next batch, so nothing changes here meanwhile
        }
    }
}

void Session::announce(Code code, std::string_view text) {
    if (state_ == SessionState::open) {
        send_goaway(limits::stream_id_max, code, text);
    }
}

void Session::fail(Code code, std::string_view text) {
    if (state_ == SessionState::closed) {
        return;
    }
    failure_ = Failure{code, std::string(text), false};
    send_goaway(last_peer_id_, code, text);
    state_ = SessionState::closed;
    lose_all({Verdict::Kind::lost, code});
}

void Session::lose() {
    urgent_.clear();
    urgent_bytes_ = 0;
    refusals_.clear();
    resume_.reset();
    detached_ = false;
    if (state_ != SessionState::closed) {
        state_ = SessionState::closed;
        lose_all({Verdict::Kind::lost, Code::none});
    }
    flush_wakes();
    forget_received();  // needed if something failed between take() and settle()
    shared_->ready.close();
}

void Session::after_call() {
    if (!touched_.empty()) {
        flush_wakes();
    }
    if (room_due_ || state_ == SessionState::draining) {
        tell_driver();
    }
}

void Session::tell_driver() {
    if (std::exchange(room_due_, false) && state_ == SessionState::open) {
        events_.on_room();
    }
    if (state_ == SessionState::draining && final_goaway_sent_ && streams_.empty() && !drained_told_) {
        drained_told_ = true;
        events_.on_drained();
    }
}

// --- time ---

void Session::tick(TimePoint now) {
    now_ = now;
    if (state_ == SessionState::closed) {
        return;
    }
    if (detached_) {
        tick_detached();
        return;
    }
    if (in_flight_ > 0 && now >= progress_at_ + settings_.write_timeout) {
        fail_silent("the peer takes no data: no write progress within the allowed time");
        return;
    }
    if (state_ == SessionState::authenticating) {
        return;  // the driver has a deadline for the handshake
    }
    if (liveness_.dead(now)) {
        fail_silent("nothing was heard from the peer for the dead interval");
        return;
    }
    if (resume_ && now >= confirm_deadline()) {
        fail(Code::limit, "the peer does not confirm what it has received");
        return;
    }
    if (liveness_.ping_due(now)) {
        ping(now);
    }
    while (Stream* oldest = own_opens_.oldest()) {
        if (now < rested(oldest->side_.waits_since) + settings_.open_deadline) {
            break;
        }
        abort_stream(*oldest, Code::timeout);
    }
    end_orphans();
    if (set_aside_ != 0 || uses_more_than(settings_.budget / 4)) {
        set_idle_aside();
    }
    if (!memory_is_calm()) {
        see_to_memory();
    }
    after_call();
}

TimePoint Session::next_deadline() const noexcept {
    if (state_ == SessionState::closed) {
        return never;
    }
    if (detached_) {
        return resumable_until();
    }
    TimePoint next = in_flight_ > 0 ? progress_at_ + settings_.write_timeout : never;
    if (state_ == SessionState::authenticating) {
        return next;
    }
    next = std::min(next, liveness_.next_deadline());
    if (Stream* oldest = own_opens_.oldest()) {
        next = std::min(next, rested(oldest->side_.waits_since) + settings_.open_deadline);
    }
    if (Stream* oldest = orphans_.oldest()) {
        next = std::min(next, rested(oldest->side_.waits_since) + settings_.orphan_patience);
    }
    if (resume_) {
        next = std::min(next, confirm_deadline());
    }
    if (must_give_up()) {
        next = std::min(next, memory_checked_at_ + limits::stalled_after / 2);
    }
    if (memory_in_use() > settings_.budget / 4) {
        next = std::min(next, set_aside_at_ + limits::set_aside_look_every);
    }
    return next;
}

void Session::written(std::size_t bytes, TimePoint now) noexcept {
    in_flight_ -= std::min(bytes, in_flight_);
    progress_at_ = now;
    write_rate_.count(bytes, now);
}

// --- looking ---

SessionStats Session::stats() const noexcept {
    SessionStats stats = stats_;
    stats.credit_committed = committed_;
    stats.set_aside = set_aside_;
    stats.bytes_held = shared_->ledger->bytes();
    stats.bytes_queued = shared_->outbound->bytes();
    stats.streams = static_cast<std::uint32_t>(streams_.size());
    stats.streams_unread = static_cast<std::uint32_t>(unread_.size());
    stats.resets_waiting = static_cast<std::uint32_t>(aborts_.size());
    stats.bytes_kept = resume_ ? resume_->keeper.held() : 0;
    stats.rtt_min = liveness_.rtt_min();
    return stats;
}

void Session::check_invariants() const {
    std::uint64_t committed = 0;
    std::uint32_t own_opens = 0;
    std::uint32_t peer_opens = 0;
    std::uint32_t orphans = 0;
    for (const auto& [id, stream] : streams_) {
        const StreamSide& side = stream->side_;
        check(id == stream->id() && !side.gone, "the table holds live streams under their id");
        check(side.opened_here == is_own(id), "an id's parity tells who opened it");
        check(side.send_open || side.receive_open, "a stream with both directions closed has left");
        check(stream->taken_.load() <= side.window.received(), "nothing is taken that was not received");
        check(side.window.received() <= side.window.granted(), "nothing is received beyond credit");
        committed += side.committed(window_rules_);
        own_opens += side.opened_here && !side.answered ? 1U : 0U;
        peer_opens += !side.opened_here && !side.answered ? 1U : 0U;
        orphans += side.orphan ? 1U : 0U;
    }
    for (std::size_t i = 0; i < unread_.size(); ++i) {
        const StreamSide& side = unread_[i]->side_;
        check(side.gone && side.unread && side.unread_at == i, "what is unread has left, and knows its place");
    }
    check(streams_.size() + std::max(aborts_.size(), gone_in_lanes_) <= settings_.streams_max,
          "streams that are over count until nothing is left of them");
    check(state_ != SessionState::closed || aborts_.empty(), "a closed session tells nobody of streams");
    check(committed == committed_, "committed credit is the sum over the streams");
    check(own_opens == own_opens_.size() && peer_opens == peer_opens_.size(), "unanswered opens are all listed");
    check(orphans == orphans_.size(), "orphans are all listed");
    check(state_ != SessionState::closed || streams_.empty(), "a closed session has no streams");
    check(state_ != SessionState::closed || unread_.empty(), "nor any whose bytes it watches");
}

}  // namespace ferrotunnel::mux
