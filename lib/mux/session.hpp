// Engine of the multiplexer: bytes of a trunk in, bytes out, time in; no socket, clock or thread of its own.
//
//   driver:   receive(slice)  -> streams' inbound queues, events
//             produce(batch)  <- streams' outbound queues, control frames, credit
//             tick(now)       -> pings, deadlines; next_deadline() returns when to call again
//
//   authenticating --establish--> open --drain / GOAWAY received--> draining --last stream gone--> drained
//          \________________________\___________________________________\____ fail / close ____> closed
//
// `drained` is the last phase of Drain; SessionState has the others.
//
// The session owns its parts, which do the work and do not refer back to it: docs/architecture/mux.md shows them. It
// has the state above, dispatches frames and time to them, and acts on their results: a violation, a ping, an event.
//
// All members are for the trunk's worker. Other threads access only streams (mux/stream.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "mux/batch.hpp"
#include "mux/compactor.hpp"
#include "mux/credit_granter.hpp"
#include "mux/drain.hpp"
#include "mux/endpoint_requests.hpp"
#include "mux/frame_reader.hpp"
#include "mux/liveness.hpp"
#include "mux/memory_budget.hpp"
#include "mux/memory_reclaimer.hpp"
#include "mux/open_limiter.hpp"
#include "mux/outbox.hpp"
#include "mux/resumption.hpp"
#include "mux/send_lanes.hpp"
#include "mux/session_context.hpp"
#include "mux/settings.hpp"
#include "mux/stall_watch.hpp"
#include "mux/stream.hpp"
#include "mux/stream_ids.hpp"
#include "mux/stream_receiver.hpp"
#include "mux/stream_sender.hpp"
#include "mux/stream_table.hpp"
#include "mux/wake_list.hpp"
#include "mux/write_rate.hpp"

namespace ferrotunnel::mux {

/// Receives a session's events, from within receive() (take() and settle() alike), produce(), tick() and open().
/// Handlers may call the session's actions, but not receive(), produce() or tick().
class SessionEvents {
public:
    virtual ~SessionEvents() = default;

    /// One CONTROL message; `message` is a view.
    virtual void on_control(Bytes message) = 0;
    /// The peer opened a stream. Call `attach`, then `accept` when the backend is connected, or `reset`/`abort`.
    virtual void on_open(IntrusivePtr<Stream> stream, const wire::Open& open) = 0;
    /// The peer drains and accepts no new streams, or, with `rotated`, requests a fresh session in place of this one.
    /// Called for each such GOAWAY: a drain has two, an announcement and a final one.
    virtual void on_goaway(wire::Code code, std::string_view text) = 0;
    /// This side drains, and the last stream has ended.
    virtual void on_drained() = 0;
    /// This side has used `rotate_at` of its ids: a fresh session should replace this one. Called once.
    virtual void on_rotate_due() = 0;
    /// Follows a must_wait() that returned true: the peer has answered an open.
    virtual void on_room() {}
    /// Nothing is received from the peer any more, or it accepts nothing, and the session can be resumed: call
    /// `detach`. Called at each tick until then.
    virtual void on_silent() {}
    /// A stream has stalled although nothing blocks it: a bug of this program. The stream is woken.
    virtual void on_stall(const Stall&) {}
};

/// Why a session cannot continue.
struct Failure {
    wire::Code code = wire::Code::none;
    std::string text;      // for the log and for the peer
    bool by_peer = false;  // the peer sent GOAWAY with an error, or violated the protocol
};

enum class SessionState : std::uint8_t { authenticating, open, draining, closed };

/// Cannot be copied or moved: its parts refer to each other.
class Session final : private FrameSink {
public:
    /// `waker` is called from any thread when produce() has something to do. `pool` belongs to the worker.
    Session(const Settings& settings, SessionEvents& events, IntrusivePtr<buffer::Waker> waker, buffer::SlabPool& pool,
            Random& random, TimePoint now);
    ~Session() override;

    // --- bytes and time ----------------------------------------------------------------------------------------------

    /// Receives bytes from the trunk, cut anywhere. Payloads are queued as parts of `bytes`, which should come from a
    /// slab charged to `ledger()`.
    void receive(const buffer::Slice& bytes, TimePoint now);
    /// receive() in two steps, so that several reads wake each stream only once: `take` for each read, then `settle`,
    /// before anything else is called.
    void take(const buffer::Slice& bytes, TimePoint now);
    void settle();
    /// Adds what should be sent next to `batch`, which must be empty. False if there is nothing to send.
    bool produce(Batch& batch, TimePoint now);
    /// Whether produce() has something to send; a sleeping driver checks this after it has armed its waker.
    bool has_output() const noexcept;
    /// Reports to the session that the trunk accepted bytes: the write makes progress.
    void written(std::size_t bytes, TimePoint now) noexcept;
    void tick(TimePoint now);
    /// The latest time at which tick must be called. It changes with every call above.
    TimePoint next_deadline() const noexcept;

    // --- actions -----------------------------------------------------------------------------------------------------

    /// To be called when the handshake is done: streams may be opened, within the limits that the peer announced.
    void establish(const PeerLimits& peer);
    /// Counts the payload of streams that have no other meter in `meter`, which belongs to this thread.
    void count_in(std::shared_ptr<metrics::Meter> meter) noexcept { context_.meter = std::move(meter); }
    /// Queues one CONTROL message. Beyond limits::urgent_bytes_max the session fails, because the peer does not read.
    void send_control(Bytes message);

    struct OpenRequest {
        std::uint32_t service = 0;
        wire::ServiceKind kind = wire::ServiceKind::tcp;
        net::Address visitor;
        Bytes metadata;
        std::shared_ptr<metrics::Meter> meter{};  // counts its payload; null: that of count_in()
    };
    /// Opens a stream with its first window usable at once; or returns busy, going_away, rotated (ids used up),
    /// internal (not open).
    Result<IntrusivePtr<Stream>, wire::Code> open(const OpenRequest& request, IntrusivePtr<buffer::Waker> waker,
                                                  bool foreign, TimePoint now);
    /// True if the peer has so many unanswered opens, of this service or in total, that another one would be busy.
    /// on_room() follows when the peer has answered one.
    bool must_wait(std::uint32_t service) noexcept;
    /// Accepts no new streams from now on; on_drained() follows when the present streams have ended.
    void drain(wire::Code code, std::string_view text, TimePoint now);
    /// Aborts the present streams for which `which` is true, as their endpoints on this side might.
    void abort_streams(const std::function<bool(const Stream&)>& which, wire::Code code);
    /// Sends a GOAWAY that prepares the peer for the end, without draining yet.
    void announce(wire::Code code, std::string_view text);
    /// Ends everything with a GOAWAY, which produce() still sends. All streams are lost.
    void fail(wire::Code code, std::string_view text);
    /// To be called when the trunk is lost: all streams are lost and nothing more is produced. Idempotent.
    void lose();
    /// Sends a PING now, unless enough pings wait for an answer. Its answer is an RTT sample.
    void ping(TimePoint now);

    // --- resuming (docs/architecture/resume.md) ----------------------------------------------------------------------

    /// Makes the session resumable within `window` of the last received byte. To be called before establish(): what was
    /// received, and queued for sending, until then belongs to the login.
    void begin_resumable(Duration window);
    /// The peer has announced that it drains, so the end of its bytes is expected.
    bool peer_drains() const noexcept { return drain_.peer_drains(); }
    /// Whether the session can be resumed after the loss of the connection, and neither side has ended it.
    bool is_resumable() const noexcept;
    /// The connection is lost. Nothing is produced, and silence does not count, until `reattach`; streams stay as they
    /// are. Everything produced and not confirmed counts as unsent. To be called when is_resumable().
    void detach();
    bool is_detached() const noexcept { return resume_ && resume_->is_detached(); }
    /// From now on the loss of the connection ends the session, and nothing is kept for a resume: for example if memory
    /// is short, or if no client could reconnect. A detached session is not waited for any longer.
    void give_up_resume() noexcept;
    /// The time from which a detached session should be given up: a fixed time after the last byte of the session.
    /// Connections on which no byte arrived do not extend it, however many there are.
    TimePoint resumable_until() const noexcept;
    /// The number of received bytes, to be reported to the peer; fixed while the session is detached.
    std::uint64_t received_bytes() const noexcept { return resume_ ? resume_->received() : 0; }
    /// Whether the peer can have received `peer_received` bytes.
    bool can_reattach(std::uint64_t peer_received) const noexcept {
        return state_ != SessionState::closed && resume_ && resume_->can_reattach(peer_received);
    }
    /// There is a new connection: sends `login` (the end of its login, uncounted, may be empty), then the bytes that
    /// the peer has missed, then continues. To be called when can_reattach().
    void reattach(std::uint64_t peer_received, Bytes login, TimePoint now);
    /// Memory of sent bytes that the peer has not confirmed.
    std::uint64_t kept_bytes() const noexcept { return resume_ ? resume_->held() : 0; }
    /// Whether the next output of produce() was produced before, or belongs to a login.
    bool is_retransmitting() const noexcept { return resume_ && resume_->is_retransmitting(); }
    /// For the session of a login whose connection another session then uses, within or after on_control: where in the
    /// bytes being read the message ends.
    std::size_t message_end() const noexcept { return reader_.frame_end(); }

    // --- looking -----------------------------------------------------------------------------------------------------

    SessionState state() const noexcept { return state_; }
    /// Set once the session has failed; the driver then writes the remaining output of produce() and closes the trunk.
    const std::optional<Failure>& failure() const noexcept { return failure_; }
    const IntrusivePtr<buffer::SlabLedger>& ledger() const noexcept { return context_.shared->ledger; }
    /// Outlives the session; for code that monitors the memory of all sessions.
    const IntrusivePtr<SessionShared>& shared() const noexcept { return context_.shared; }
    SessionStats stats() const noexcept;
    /// Only the totals: stats() without the numbers of what exists now.
    const SessionStats& counted() const noexcept { return context_.stats; }
    std::size_t stream_count() const noexcept { return table_.size(); }
    Duration rtt_min() const noexcept { return liveness_.rtt_min(); }
    /// The time when anything was last received from the peer.
    TimePoint last_heard() const noexcept { return liveness_.last_heard(); }
    /// Aborts if the session's counts are inconsistent. Cheap enough for every step of a simulation.
    void check_invariants() const;

private:
    bool on_header(const wire::FrameHeader& header) override;
    bool on_data(const wire::FrameHeader& header, buffer::Slice piece, bool first, bool last) override;
    bool on_frame(const wire::FrameHeader& header, Bytes payload) override;
    Violation on_open_frame(wire::StreamId id, Bytes payload);
    Violation on_ping_frame(std::uint8_t flags, Bytes payload);
    Violation on_confirm_frame(Bytes payload);
    void on_goaway_frame(Bytes payload);

    bool lanes_have_output() const noexcept {
        return state_ != SessionState::closed &&
               (outbox_.has_resets() || !lanes_.empty() || !context_.shared->ready.empty());
    }
    bool begin_kept(Batch& batch);
    void send_urgent(std::vector<std::uint8_t> frame);
    void send_ping(TimePoint now);
    void request_confirm();
    void review_memory();
    void close(wire::Code code);
    /// The end of each call that may have touched streams.
    void after_call() {
        if (!wakes_.empty()) {
            wakes_.flush();
        }
        if (opens_.is_room_due() || state_ == SessionState::draining) {
            notify_driver();
        }
    }
    void notify_driver();

    SessionEvents& events_;
    SessionContext context_;
    SessionState state_ = SessionState::authenticating;
    std::optional<Failure> failure_;

    FrameReader reader_;
    StreamIds ids_;
    Liveness liveness_;
    Drain drain_;
    std::unique_ptr<Resumption> resume_;  // null if the session cannot be resumed

    Outbox outbox_;
    WakeList wakes_;
    SendLanes lanes_;
    MemoryBudget budget_;
    OpenLimiter opens_;
    CreditGranter credit_;
    StreamTable table_;
    Compactor compactor_;
    StreamReceiver receiver_;
    EndpointRequests requests_;
    StreamSender sender_;
    MemoryReclaimer reclaimer_;
    StallWatch stalls_;

    // Writes of the driver.
    WriteRate write_rate_;
    std::size_t in_flight_ = 0;
    TimePoint progress_at_;
    bool produced_ = false;  // since the last settle()
};

}  // namespace ferrotunnel::mux
