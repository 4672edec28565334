// The multiplexer's engine: bytes of a trunk in, bytes out, time in; no socket, clock or thread of its own.
//
//   driver:   receive(slice)  -> streams' inbound queues, events
//             produce(batch)  <- streams' outbound queues, control frames, credit
//             tick(now)       -> pings, deadlines; next_deadline() says when to come again
//
//   authenticating --establish--> open --drain / GOAWAY received--> draining --last stream gone--> drained
//          \________________________\___________________________________\____ fail / close ____> closed
//
// All members are for the trunk's worker. Streams are the only thing other threads touch (mux/stream.hpp).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "mux/batch.hpp"
#include "mux/settings.hpp"
#include "mux/stream.hpp"

namespace ferrotunnel::mux {

/// What a session tells its driver, from within receive() and tick(). Handlers may call the session's actions, but not
/// receive(), produce() or tick().
class SessionEvents {
public:
    virtual ~SessionEvents() = default;

    /// One CONTROL message, a view.
    virtual void on_control(Bytes message) = 0;
    /// The peer opened a stream. Call `attach`, then `accept` when the backend is there, or `reset`/`abort`.
    virtual void on_open(IntrusivePtr<Stream> stream, const wire::Open& open) = 0;
    /// The peer drains: it takes no new streams. Comes at most twice (announcement and final word).
    virtual void on_goaway(wire::Code code, std::string_view text) = 0;
    /// Draining, and the last stream has gone.
    virtual void on_drained() = 0;
    /// This side has used `rotate_at` of its ids: a fresh session should take over. Comes once.
    virtual void on_rotate_due() = 0;
};

/// Why a session can not go on.
struct Failure {
    wire::Code code = wire::Code::none;
    std::string text;  // for the log and for the peer
    bool by_peer = false;  // the peer said GOAWAY with an error, or violated the protocol
};

enum class SessionState : std::uint8_t { authenticating, open, draining, closed };

struct SessionStats {
    std::uint64_t frames_received = 0;
    std::uint64_t frames_sent = 0;
    std::uint64_t payload_received = 0;
    std::uint64_t payload_sent = 0;
    std::uint64_t bytes_copied = 0;       // payload bytes that were copied inside the session
    std::uint64_t streams_opened = 0;     // by either side
    std::uint64_t streams_refused = 0;    // opens beyond a limit, either side
    std::uint64_t frames_ignored = 0;     // for streams that are gone
    std::uint64_t datagrams_dropped = 0;
    std::uint64_t resets = 0;
    std::uint64_t credit_committed = 0;   // granted beyond the first windows, now
    std::uint64_t bytes_held = 0;         // real bytes of slabs, now
    std::uint32_t streams = 0;            // now
    Duration rtt_min = Duration::zero();  // zero: no sample yet
};

class Session {
public:
    /// `waker` is called from any thread when produce() has something to do. `pool` is the worker's.
    Session(const Settings& settings, SessionEvents& events, IntrusivePtr<buffer::Waker> waker, buffer::SlabPool& pool,
            Random& random, TimePoint now);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // --- bytes and time ----------------------------------------------------------------------------------------------

    /// Bytes from the trunk, cut anywhere. Payloads are queued as parts of `bytes`, which should come from a slab
    /// charged to `ledger()`.
    void receive(const buffer::Slice& bytes, TimePoint now);
    /// Adds what should leave next to `batch`, which is empty before. False when there is nothing.
    bool produce(Batch& batch, TimePoint now);
    /// True when produce would find something; a driver that sleeps asks it after it has armed its waker.
    bool has_output() const noexcept;
    /// Tells the session that the trunk took bytes (write progress).
    void written(std::size_t bytes, TimePoint now) noexcept;
    void tick(TimePoint now);
    /// When tick wants to be called at the latest. Changes after every call above.
    TimePoint next_deadline() const noexcept;

    // --- actions -----------------------------------------------------------------------------------------------------

    /// The handshake is done: streams may be opened, within what the peer announced.
    void establish(const PeerLimits& peer);
    /// Queues one CONTROL message. Beyond limits::urgent_bytes_max the session fails: the peer does not read.
    void send_control(Bytes message);

    struct OpenRequest {
        std::uint32_t service = 0;
        wire::ServiceKind kind = wire::ServiceKind::tcp;
        wire::Address visitor;
        Bytes metadata;
    };
    /// A stream with its first window usable at once; or busy, going_away, limit (ids used up), internal (not open).
    Result<IntrusivePtr<Stream>, wire::Code> open(const OpenRequest& request, IntrusivePtr<buffer::Waker> waker,
                                                  bool foreign, TimePoint now);
    /// Takes no new streams from now on; on_drained() follows when the present ones have ended.
    void drain(wire::Code code, std::string_view text, TimePoint now);
    /// Ends everything with a GOAWAY that produce() still delivers. Streams are lost.
    void fail(wire::Code code, std::string_view text);
    /// The trunk is gone: streams are lost, nothing more is produced. Idempotent.
    void lose();
    /// Sends a PING now; its answer is an RTT sample.
    void ping(TimePoint now);

    // --- looking -----------------------------------------------------------------------------------------------------

    SessionState state() const noexcept { return state_; }
    /// Set once the session has failed; the driver then writes what produce() still gives and closes the trunk.
    const std::optional<Failure>& failure() const noexcept { return failure_; }
    const IntrusivePtr<buffer::SlabLedger>& ledger() const noexcept { return shared_->ledger; }
    SessionStats stats() const noexcept;
    /// When anything was last heard from the peer.
    TimePoint last_heard() const noexcept { return last_heard_; }
    /// Aborts if the session's books do not balance. Cheap enough for every step of a simulation.
    void check_invariants() const;

private:
    struct Impl;
    IntrusivePtr<SessionShared> shared_;
    SessionState state_ = SessionState::authenticating;
    std::optional<Failure> failure_;
    TimePoint last_heard_;
};

}  // namespace ferrotunnel::mux
