// The multiplexer's engine: bytes of a trunk in, bytes out, time in; no socket, clock or thread of its own.
//
//   driver:   receive(slice)  -> streams' inbound queues, events
//             produce(batch)  <- streams' outbound queues, control frames, credit
//             tick(now)       -> pings, deadlines; next_deadline() says when to come again
//
//   authenticating --establish--> open --drain / GOAWAY received--> draining --last stream gone--> drained
//          \________________________\___________________________________\____ fail / close ____> closed
//
// All members are for the trunk's worker. Other threads touch nothing but streams (mux/stream.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "mux/batch.hpp"
#include "mux/data_lane.hpp"
#include "mux/frame_reader.hpp"
#include "mux/liveness.hpp"
#include "mux/resume_keeper.hpp"
#include "mux/settings.hpp"
#include "mux/stall_watch.hpp"
#include "mux/stream.hpp"
#include "mux/stream_list.hpp"
#include "mux/write_rate.hpp"

namespace ferrotunnel::mux {

/// What a session tells its driver from within receive() (take() and settle() alike), produce(), tick() and open().
/// Handlers may call the session's actions, but not receive(), produce() or tick().
class SessionEvents {
public:
    virtual ~SessionEvents() = default;

    /// One CONTROL message; `message` is a view.
    virtual void on_control(Bytes message) = 0;
    /// The peer opened a stream. Call `attach`, then `accept` when the backend is connected, or `reset`/`abort`.
    virtual void on_open(IntrusivePtr<Stream> stream, const wire::Open& open) = 0;
    /// The peer drains and takes no new streams, or, with `rotated`, it wants a fresh session in place of this one.
    /// Called for each GOAWAY that says so: a drain has two, an announcement and a final word.
    virtual void on_goaway(wire::Code code, std::string_view text) = 0;
    /// This side drains, and the last stream has gone.
    virtual void on_drained() = 0;
    /// This side has used `rotate_at` of its ids: a fresh session should take over. Called once.
    virtual void on_rotate_due() = 0;
    /// Follows a must_wait() that returned true: the peer has answered an open.
    virtual void on_room() {}
    /// Nothing is heard from the peer any more, or it takes nothing, and the session can be resumed: call `detach`.
    /// Called at each tick until then.
    virtual void on_silent() {}
    /// A stream has stood still although nothing is in its way: a bug of this program. It is woken.
    virtual void on_stall(const Stall&) {}
};

/// Streams that have a control frame to write.
using ControlLane = StreamFifo<&StreamSide::control_next>;

/// Why a session cannot go on.
struct Failure {
    wire::Code code = wire::Code::none;
    std::string text;      // for the log and for the peer
    bool by_peer = false;  // the peer said GOAWAY with an error, or violated the protocol
};

enum class SessionState : std::uint8_t { authenticating, open, draining, closed };

struct SessionStats {
    std::uint64_t frames_received = 0;
    std::uint64_t frames_sent = 0;
    std::uint64_t payload_received = 0;
    std::uint64_t payload_sent = 0;
    std::uint64_t bytes_copied = 0;     // payload bytes that were copied inside the session
    std::uint64_t streams_opened = 0;   // by either side
    std::uint64_t streams_refused = 0;  // opens beyond a limit, refused or not answered in time, by either side
    std::uint64_t frames_ignored = 0;   // frames for streams that are gone
    std::uint64_t datagrams_dropped = 0;
    std::uint64_t resets = 0;
    std::uint64_t credit_stalls = 0;      // times that a stream had more to send than the peer's credit was for
    std::uint64_t stalls = 0;             // times that a stream stood still for no reason
    std::uint64_t credit_committed = 0;   // credit granted beyond the first windows, now
    std::uint64_t set_aside = 0;          // bytes, held or committed, that do not move and are not counted
    std::uint64_t bytes_held = 0;         // real bytes that came in and were not taken, now
    std::uint64_t bytes_queued = 0;       // real bytes that wait to be sent, now
    std::uint32_t streams = 0;            // now
    std::uint32_t streams_unread = 0;     // streams that ended before everything was taken, now
    std::uint32_t resets_waiting = 0;     // streams aborted without the peer having been told, now
    std::uint64_t bytes_kept = 0;         // memory of what the peer has not confirmed, now; only where one may resume
    std::uint32_t resumed = 0;            // how often the session was resumed
    Duration rtt_min = Duration::zero();  // zero: no sample yet
};

class Session final : private FrameSink {
public:
    /// `waker` is called from any thread when produce() has something to do. `pool` belongs to the worker.
    Session(const Settings& settings, SessionEvents& events, IntrusivePtr<buffer::Waker> waker, buffer::SlabPool& pool,
            Random& random, TimePoint now);
    ~Session() override;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // --- bytes and time ----------------------------------------------------------------------------------------------

    /// Takes bytes from the trunk, cut anywhere. Payloads are queued as parts of `bytes`, which should come from a slab
    /// charged to `ledger()`.
    void receive(const buffer::Slice& bytes, TimePoint now);
    /// receive() in two steps, so that several reads wake each stream only once: `take` for each read, then `settle`,
    /// before anything else is called.
    void take(const buffer::Slice& bytes, TimePoint now);
    void settle();
    /// Adds what should be sent next to `batch`, which must be empty before. False when there is nothing.
    bool produce(Batch& batch, TimePoint now);
    /// True when produce would find something; a sleeping driver asks this after it has armed its waker.
    bool has_output() const noexcept;
    /// Tells the session that the trunk took bytes: the write makes progress.
    void written(std::size_t bytes, TimePoint now) noexcept;
    void tick(TimePoint now);
    /// The latest time at which tick must be called. It changes with every call above.
    TimePoint next_deadline() const noexcept;

    // --- actions -----------------------------------------------------------------------------------------------------

    /// To be called when the handshake is done: streams may be opened, within what the peer announced.
    void establish(const PeerLimits& peer);
    /// Counts the payload of streams that have no other meter in `meter`, which is this thread's.
    void count_in(std::shared_ptr<metrics::Meter> meter) noexcept { meter_ = std::move(meter); }
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
    /// True when the peer has so many opens to answer, of this service or in all, that one more would be busy.
    /// on_room() follows when it has answered one.
    bool must_wait(std::uint32_t service) noexcept;
    /// Takes no new streams from now on; on_drained() follows when the present streams have ended.
    void drain(wire::Code code, std::string_view text, TimePoint now);
    /// Aborts those of the present streams, as their endpoints on this side might.
    void abort_streams(const std::function<bool(const Stream&)>& which, wire::Code code);
    /// Sends a GOAWAY that tells the peer to prepare for the end, without draining yet.
    void announce(wire::Code code, std::string_view text);
    /// Ends everything with a GOAWAY, which produce() still delivers. All streams are lost.
    void fail(wire::Code code, std::string_view text);
    /// To be called when the trunk is gone: all streams are lost and nothing more is produced. Idempotent.
    void lose();
    /// Sends a PING now, unless enough of them wait for an answer. Its answer is an RTT sample.
    void ping(TimePoint now);

    // --- resuming (docs/architecture/resume.md) ----------------------------------------------------------------------

    /// Makes the session one that can be resumed within `window` of the last byte heard. To be called before
    /// establish(): what was received, and queued for sending, until then belongs to the login.
    void begin_resumable(Duration window);
    /// The peer has said that it drains: the end of its bytes is no surprise then.
    bool peer_drains() const noexcept { return peer_drains_; }
    /// Whether the loss of the connection need not be the end: the session can be resumed, and nobody has ended it.
    bool is_resumable() const noexcept;
    /// The connection is gone. Nothing is produced, and no silence counts, until `reattach`; streams stay as they are.
    /// What was produced and not confirmed counts as unsent. To be called when is_resumable().
    void detach();
    bool is_detached() const noexcept { return detached_; }
    /// From now on the loss of the connection is the end, and nothing is kept for it: where memory is short, say, or
    /// where nobody could come back. A session that is detached is not waited for any more.
    void give_up_resume() noexcept;
    /// The time from which on a detached session should be given up: so long after the last byte of the session. A
    /// connection on which none came was none, however often there is such a one.
    TimePoint resumable_until() const noexcept;
    /// How many bytes have been received, to be told to the peer; fixed while the session is detached.
    std::uint64_t received_bytes() const noexcept { return resume_ ? resume_->received : 0; }
    /// Whether the peer can have received so many bytes.
    bool can_reattach(std::uint64_t peer_received) const noexcept {
        return is_detached() && state_ != SessionState::closed && resume_->keeper.can_rewind(peer_received);
    }
    /// There is a new connection: sends `login` (the end of its login, uncounted, may be empty), then what the peer has
    /// missed, then goes on. To be called when can_reattach().
    void reattach(std::uint64_t peer_received, Bytes login, TimePoint now);
    /// Memory of what the peer has not confirmed.
    std::uint64_t kept_bytes() const noexcept { return resume_ ? resume_->keeper.held() : 0; }
    /// Whether what produce() gives next was produced before, or belongs to a login.
    bool sends_again() const noexcept { return resume_ && (resume_->keeper.has_unsent() || !resume_->login.empty()); }
    /// For the session of a login whose connection another session takes over, within on_control or behind it: where
    /// in the bytes being read the message ends.
    std::size_t message_end() const noexcept { return reader_.frame_end(); }

    // --- looking -----------------------------------------------------------------------------------------------------

    SessionState state() const noexcept { return state_; }
    /// Set once the session has failed; the driver then writes what produce() still gives and closes the trunk.
    const std::optional<Failure>& failure() const noexcept { return failure_; }
    const IntrusivePtr<buffer::SlabLedger>& ledger() const noexcept { return shared_->ledger; }
    /// Outlives the session; for the code that watches over the memory of all sessions.
    const IntrusivePtr<SessionShared>& shared() const noexcept { return shared_; }
    SessionStats stats() const noexcept;
    /// Only the totals: stats() without the numbers of what exists now.
    const SessionStats& counted() const noexcept { return stats_; }
    std::size_t stream_count() const noexcept { return streams_.size(); }
    Duration rtt_min() const noexcept { return liveness_.rtt_min(); }
    /// The time when anything was last received from the peer.
    TimePoint last_heard() const noexcept { return liveness_.last_heard(); }
    /// Aborts if the session's counts are inconsistent. Cheap enough for every step of a simulation.
    void check_invariants() const;

private:
    // Frames in (session_receive.cpp; those that are no data: session_frames.cpp).
    bool on_header(const wire::FrameHeader& header) override;
    bool on_data(const wire::FrameHeader& header, buffer::Slice piece, bool first, bool last) override;
    bool on_frame(const wire::FrameHeader& header, Bytes payload) override;
    bool begin_data(const wire::FrameHeader& header);
    void queue_data(Stream& stream, buffer::Slice piece, const wire::FrameHeader& header, bool first);
    bool should_copy(const Stream& stream, const wire::FrameHeader& header, const buffer::Slice& piece) const noexcept;
    void end_data(Stream& stream, const wire::FrameHeader& header);
    void on_open_frame(wire::StreamId id, Bytes payload);
    void on_opened_frame(wire::StreamId id, Bytes payload);
    void on_credit_frame(wire::StreamId id, Bytes payload);
    void on_reset_frame(wire::StreamId id, std::uint8_t flags, Bytes payload);
    void on_datagram_frame(wire::StreamId id, Bytes payload);
    void on_ping_frame(std::uint8_t flags, Bytes payload);
    void on_goaway_frame(Bytes payload);
    void on_control_frame(Bytes payload);
    void on_confirm_frame(Bytes payload);
    void add_send_credit(Stream& stream, std::uint32_t credit);
    Stream* find_live(wire::StreamId id);
    void refuse(wire::StreamId id, wire::Code code);
    struct ReceivedSlab;
    bool all_taken() const noexcept;
    void compact();
    ReceivedSlab* received_slab_of(const StreamItem& item);
    template <typename Visit>
    void for_each_in_received_slabs(Visit visit);
    void forget_received();

    // Frames out (session_produce.cpp).
    void serve_ready();
    void serve(Stream& stream);
    void write_lanes(Batch& batch);
    bool lanes_have_output() const noexcept {
        return state_ != SessionState::closed && (!refusals_.empty() || !aborts_.empty() || !control_lane_.empty() ||
                                                  !data_lane_.empty() || !shared_->ready.empty());
    }
    void write_urgent(Batch& batch);
    void write_refusals(Batch& batch);
    void write_aborts(Batch& batch);
    void write_control(Batch& batch);
    void write_control_of(Stream& stream, Batch& batch);
    std::size_t write_next(Stream& stream, Batch& batch);
    std::size_t write_data(Stream& stream, StreamItem& item, Batch& batch);
    std::size_t write_fin(Stream& stream, Batch& batch);
    std::size_t write_reset(Stream& stream, wire::Code code, Batch& batch);
    std::size_t write_datagram(Stream& stream, Batch& batch);
    void append_frame(Stream& stream, const wire::FrameHeader& header, buffer::Slice payload, bool headroom,
                      Batch& batch);
    void count_received(const Stream& stream, std::size_t bytes) noexcept;
    void sent_from_queue(Stream& stream, std::uint32_t bytes);

    // Life of streams, wakes and credit (session_streams.cpp, session.cpp, session_credit.cpp).
    IntrusivePtr<Stream> make_stream(wire::StreamId id, std::uint32_t service, wire::ServiceKind kind, OpenList& opens,
                                     std::uint32_t send_window, std::uint32_t receive_window);
    void abort_stream(Stream& stream, wire::Code code, bool in_order = false);
    bool serve_abort(Stream& stream);
    void count_refusal(const Stream& stream, bool by_opener, wire::Code code) noexcept;
    void end_stream(Stream& stream, Verdict verdict);
    static void set_verdict(Stream& stream, Verdict verdict) noexcept;
    void end_if_closed(Stream& stream);
    void keep_if_unread(Stream& stream);
    void serve_gone(Stream& stream);
    void forget_unread(Stream& stream, bool wake);
    void forget_all_unread();
    void drop_outbound(Stream& stream);
    /// Number of streams that take memory here: live ones, and those that are over but have left something behind.
    std::size_t streams_kept() const noexcept { return streams_.size() + aborts_.size() + gone_in_lanes_; }
    void discard_inbound(Stream& stream);
    void list_orphan(Stream& stream) noexcept;
    void end_orphans();
    void end_orphan(Stream& stream);
    // session_stalls.cpp
    static std::optional<Stall::Why> why_it_stands(Stream& stream);
    static Stall stall_of(const Stream& stream, Stall::Why why);
    void look_for_stalls();
    void wake_stalled(Stream& stream, Stall::Why why);
    void touch(Stream& stream, bool always);
    void flush_wakes();
    void after_call();
    void tell_driver();
    void want_control(Stream& stream);
    void schedule_credit(Stream& stream);
    std::uint32_t grant(Stream& stream);
    void arm_credit_mark(Stream& stream);
    void answered(Stream& stream);
    bool opens_are_full(std::uint32_t service) const;
    void grow_window(Stream& stream);
    /// True when more than `bytes` is used: real bytes that are held, plus credit that may become bytes, beyond what
    /// every stream gets anyway, without what has not moved for long.
    bool uses_more_than(std::uint64_t bytes) const noexcept { return memory_in_use() > bytes + set_aside_; }
    std::uint64_t memory_in_use() const noexcept { return shared_->ledger->bytes() + committed_; }
    std::uint64_t budget_room() const noexcept;
    bool budget_tight() const noexcept { return memory_in_use() >= budget_end_; }
    /// False when see_to_memory() may have something to do. Evaluated with every call.
    bool memory_is_calm() const noexcept {
        return memory_in_use() - calm_from_ < calm_span_ && !shared_->pressure_changed.load(std::memory_order_relaxed);
    }
    void see_to_memory();
    std::uint64_t small_window_beyond(bool is_small) const noexcept;
    void announce_first_window();
    void set_idle_aside();
    void see_progress(Stream& stream) noexcept;
    std::uint64_t memory_excess() const noexcept;
    bool must_give_up() const noexcept {
        return shared_->ledger->bytes() > settings_.memory_hard ||
               shared_->asked_to_give_up.load(std::memory_order_relaxed) != 0;
    }
    void enforce_memory_cap();
    void reset_most_stalled(std::uint64_t excess);
    void reset_stalled(Stream& stream);
    template <typename Visit>
    void for_each_holding(Visit visit);
    void commit_change(std::uint64_t before, std::uint64_t after) noexcept;

    // Resuming (session_resume.cpp).
    void produce_kept(Batch& batch);
    bool has_kept_output() const noexcept;
    void write_confirm(Batch& batch);
    void count_received_bytes(std::size_t bytes);
    void ask_to_confirm();
    void tick_detached();
    std::uint64_t give_up_kept(std::uint64_t asked) noexcept;
    void note_ping(std::uint64_t opaque) noexcept;
    void on_resumable_pong(std::uint64_t opaque);
    TimePoint confirm_deadline() const noexcept;
    // std::max would want addresses, for which each tick would pay.
    TimePoint rested(TimePoint since) const noexcept {
        return resume_ && resume_->reattached_at > since ? resume_->reattached_at : since;
    }
    void fail_silent(std::string_view text);

    void send_goaway(wire::StreamId last, wire::Code code, std::string_view text);
    void send_urgent(std::vector<std::uint8_t> frame);
    void send_ping(TimePoint now);
    void lose_all(Verdict verdict);
    bool is_own(wire::StreamId id) const noexcept { return (id % 2 == 1) == (settings_.role == Role::server); }

    const Settings settings_;
    const WindowRules window_rules_;
    SessionEvents& events_;
    buffer::SlabPool& pool_;
    IntrusivePtr<SessionShared> shared_;
    TimePoint now_;  // time of the current call
    SessionState state_ = SessionState::authenticating;
    bool detached_ = false;  // it has no connection, and waits for another one
    std::optional<Failure> failure_;
    PeerLimits peer_;
    SessionStats stats_;
    std::shared_ptr<metrics::Meter> meter_;  // may be null

    FrameReader reader_;
    IntrusivePtr<Stream> data_target_;  // stream whose DATA payload is being read; null: ignored
    std::unordered_map<wire::StreamId, IntrusivePtr<Stream>> streams_;
    /// Streams that ended in order before their endpoint had taken everything. They are not part of the session any
    /// more, but what they hold counts, and the memory cap must find them.
    std::vector<IntrusivePtr<Stream>> unread_;
    OpenList own_opens_;   // opened here and not answered
    OpenList peer_opens_;  // opened by the peer and not answered
    /// Answered streams whose endpoint has left or takes nothing more, ordered by when each last sent anything.
    WaitList orphans_;
    wire::StreamId next_id_;
    wire::StreamId last_peer_id_ = 0;
    bool rotate_told_ = false;
    bool room_wanted_ = false;  // for on_room()
    bool room_due_ = false;

    std::deque<std::vector<std::uint8_t>> urgent_;
    std::size_t urgent_bytes_ = 0;
    std::uint32_t pongs_waiting_ = 0;
    std::deque<std::pair<wire::StreamId, wire::Code>> refusals_;
    /// A stream that this side has aborted, until the peer is told: only what RESET says is kept of it. A peer that
    /// reads slowly could make us hold any number of them, so they count as streams.
    struct Abort {
        std::uint64_t delivered;
        wire::StreamId id;
        wire::Code code;
        bool in_order;  // everything was sent before, and the peer still delivers it
    };
    std::deque<Abort> aborts_;
    StallWatch stalls_;
    TimePoint stall_look_at_ = never;
    std::size_t gone_in_lanes_ = 0;  // streams that are over but still on a lane
    ControlLane control_lane_;
    DataLane data_lane_;
    std::vector<IntrusivePtr<Stream>> touched_;
    std::vector<IntrusivePtr<Stream>> waking_;  // spare memory for the list that is being processed
    /// A slab that was read into since the last settle(), and how many of its bytes nobody has taken.
    struct ReceivedSlab {
        buffer::SlabPtr slab;
        std::uint64_t alive = 0;
    };
    std::vector<IntrusivePtr<Stream>> received_;  // streams that got data since the last settle(), for compact()
    std::vector<ReceivedSlab> slabs_received_;

    Liveness liveness_;
    WriteRate write_rate_;
    std::size_t in_flight_ = 0;
    bool produced_ = false;  // since the last settle()
    TimePoint progress_at_;
    std::uint64_t committed_ = 0;
    std::uint32_t announced_first_window_;
    std::uint32_t peer_first_window_ = 0;          // first window that the peer announced last
    std::uint64_t set_aside_ = 0;                  // left out of the budget, by set_idle_aside()
    std::uint64_t budget_end_ = settings_.budget;  // by see_to_memory(): 0 if the process is short of memory
    std::uint64_t calm_from_ = 0;                  // by see_to_memory(): while so much is in use,
    std::uint64_t calm_span_ = 0;                  // or less than this beyond, it would find nothing to do
    TimePoint set_aside_at_{};
    TimePoint memory_checked_at_{};

    struct Resumption {
        ResumeKeeper keeper;
        Duration window;
        std::uint64_t received = 0;  // bytes, since begin_resumable()
        std::uint64_t told = 0;      // of these, what the peer was told of
        std::size_t began_at = 0;    // where in the bytes being read that was
        bool confirm_due = false;
        bool given_up = false;              // by give_up_resume()
        std::vector<std::uint8_t> login{};  // to be written before anything else
        TimePoint reattached_at{};          // whoever waits for the peer has the whole time again from here
        TimePoint heard_at{};               // the last byte of the session
        TimePoint confirmed_at{};           // something that was kept, or nothing was
        struct Asked {
            std::uint64_t opaque = 0;
            std::uint64_t sent = 0;  // before that ping
        };
        std::array<Asked, 4> asked{};  // as many pings as may wait for their answers, by the lowest bits
    };
    std::unique_ptr<Resumption> resume_;  // null: the session can not be resumed

    // Draining.
    bool peer_drains_ = false;
    bool peer_said_bye_ = false;  // GOAWAY `none`: nothing follows
    bool final_goaway_sent_ = false;
    bool drained_told_ = false;
    std::uint64_t drain_ping_ = 0;
    wire::Code drain_code_ = wire::Code::none;
    std::string drain_text_;
};

}  // namespace ferrotunnel::mux
