// One virtual connection on a session: the place where its two halves meet.
//
//   the endpoint half                             the session half
//   (visitor's socket, backend's socket,          (frames on the trunk; lives on the trunk's worker)
//    or an application, on any thread)
//
//      send() finish() reset() abort() --outbound queue--> taken by the scheduler, up to the peer's credit
//      front() consume()               <--inbound queue--- filled by DATA as it arrives
//
// Each queue has one producer and one consumer. Each direction ends independently of the other:
//
//      sending:    open --finish--> finished           receiving:   open --FIN taken--> finished
//                  open --reset---> reset                           open --RESET------> reset
//   either direction, from outside: aborted (RESET with ABORT) or lost (the trunk was lost), which `stream_end()`
//   reports at once, without waiting for queued data.
//
// The endpoint's members are for one thread at a time for sending and one for receiving. A move between threads must be
// ordered by the caller. Members that any thread may call are marked.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "buffer/park_flag.hpp"
#include "buffer/ready_list.hpp"
#include "buffer/slab.hpp"
#include "buffer/spsc_queue.hpp"
#include "buffer/waker.hpp"
#include "metrics/meter.hpp"
#include "mux/mutant.hpp"
#include "mux/settings.hpp"
#include "mux/stream_extras.hpp"
#include "mux/stream_side.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

class Stream;

/// Whether the endpoint wants both directions ended, and when: at once, or after the end of its own direction.
struct AbortRequest {
    enum class When : std::uint16_t { never, at_once, behind_end };
    When when = When::never;
    wire::Code code = wire::Code::none;
};

/// An item in one of a stream's queues.
struct StreamItem {
    enum class Kind : std::uint8_t { data, datagram, fin, reset };

    buffer::Slice slice;         // data, datagram
    std::uint32_t cost = 0;      // inbound data: credit that the last byte frees beyond the bytes themselves
    std::uint32_t stamp_ms = 0;  // datagram: when it was queued
    Kind kind = Kind::data;
    bool headroom = false;               // outbound: the 8 bytes before the slice are free for the frame's header
    wire::Code code = wire::Code::none;  // reset
};

/// The credit that a sender waits for before it sends anything of this payload.
inline std::uint32_t credit_needed(const buffer::Slice& payload) noexcept {
    return limits::data_frame_cost + std::min(payload.size(), limits::shortest_cut);
}

/// How a stream ended from outside, if it did.
struct StreamEnd {
    enum class Kind : std::uint8_t { none, aborted, lost };
    Kind kind = Kind::none;
    wire::Code code = wire::Code::none;
    explicit operator bool() const noexcept { return kind != Kind::none; }
};

/// Values that a session shares with its streams; they outlive the session while a stream does.
class SessionShared final : public RefCounted {
public:
    SessionShared(IntrusivePtr<buffer::Waker> waker_in, const Settings& settings)
        : waker(std::move(waker_in)),
          send_queue_max(settings.send_queue_max),
          send_queue_least(std::min(settings.send_queue_max, limits::send_queue_full)),
          outbound_max(settings.outbound_max),
          orphan_timeout(settings.orphan_timeout),
          outbound_tight_at(settings.outbound_max / 2) {}

    /// How much one stream may queue for sending now: less if all streams together have much queued, or memory is
    /// short.
    std::uint32_t send_queue_limit() const noexcept {
        const std::uint64_t bytes = outbound->bytes();
        if (bytes < outbound_tight_at.load(std::memory_order_relaxed)) {
            return send_queue_max;
        }
        return std::min(send_queue_max, bytes < outbound_max ? limits::send_queue_tight : limits::send_queue_full);
    }
    /// Whether a stream that has `queued` bytes queued is below send_queue_limit(), and below half of it.
    bool is_below_limit(std::uint32_t queued) const noexcept {
        return queued < send_queue_least || queued < send_queue_limit();
    }
    bool is_below_half(std::uint32_t queued) const noexcept {
        return queued <= send_queue_least / 2 || queued <= send_queue_limit() / 2;
    }

    /// Any thread: reports whether the process is short of memory. While it is, windows and send queues are small.
    void set_tight(bool tight) noexcept {
        outbound_tight_at.store(tight ? 0 : outbound_max / 2, std::memory_order_relaxed);
        pressure_changed.store(true, std::memory_order_release);
    }
    bool is_tight() const noexcept { return outbound_tight_at.load(std::memory_order_relaxed) == 0; }
    /// Any thread: requests the streams that hold most and do not move to release this much, soon.
    void request_reclaim(std::uint64_t bytes) noexcept {
        reclaim_requested.store(bytes, std::memory_order_relaxed);
        pressure_changed.store(true, std::memory_order_release);
        waker->wake();
    }
    /// Approximate memory of the session. Thread-safe.
    std::uint64_t memory() const noexcept {
        return ledger->bytes() + outbound->bytes() +
               std::uint64_t{streams.load(std::memory_order_relaxed)} * limits::stream_cost;
    }

    buffer::ReadyList<Stream> ready;    // streams with something to report to the session
    IntrusivePtr<buffer::Waker> waker;  // wakes the session's driver; any thread
    IntrusivePtr<buffer::SlabLedger> ledger = make_intrusive<buffer::SlabLedger>();
    /// What all streams have queued for sending, until it was written and is no longer kept for resending.
    IntrusivePtr<buffer::SlabLedger> outbound = make_intrusive<buffer::SlabLedger>();
    const std::uint32_t send_queue_max;
    const std::uint32_t send_queue_least;  // even if memory is short
    const std::uint64_t outbound_max;
    const Duration orphan_timeout;
    std::atomic<std::uint64_t> outbound_tight_at;  // 0 if the process is short of memory
    std::atomic<std::uint64_t> reclaim_requested{0};
    std::atomic<bool> pressure_changed{false};  // one of the two was set, and the session has not handled it yet
    std::atomic<std::uint32_t> streams{0};      // now
};

class Stream final : public buffer::ReadyNode {
public:
    /// Called by StreamTable only. `waker` may be set later by `attach`.
    Stream(IntrusivePtr<SessionShared> shared, wire::StreamId id, wire::ServiceKind kind, std::uint32_t service);
    ~Stream() override;

    wire::StreamId id() const noexcept { return id_; }
    wire::ServiceKind kind() const noexcept { return kind_; }
    std::uint32_t service() const noexcept { return service_; }

    /// To be called once on the session's thread, before the endpoint half works. `waker` is called when there is
    /// something to receive, room to send again, an answer to OPEN, or a stream_end(). `foreign`: the endpoint receives
    /// on another thread than the session's, so small payloads are copied for it.
    void attach(IntrusivePtr<buffer::Waker> waker, bool foreign);
    /// Counts the payload from now on in `meter`, which belongs to the trunk's worker. Called on the session's thread;
    /// for a stream that the peer has opened, from within on_open().
    void count_in(std::shared_ptr<metrics::Meter> meter) noexcept { meter_ = std::move(meter); }

    // --- sending -----------------------------------------------------------------------------------------------------

    /// False if enough is queued, here or on all streams of the session together, or if nothing more will be sent.
    bool can_send() const noexcept;
    /// The most that one read for this stream should bring: little while the session has much queued.
    std::uint32_t read_size_max() const noexcept { return shared_->send_queue_limit(); }
    /// The trunk cannot keep up with what is queued for it: data queued now may have to wait.
    bool is_trunk_behind() const noexcept { return shared_->outbound->bytes() >= limits::session_outbound_behind; }
    /// True if nothing sent now would reach the peer: it has reset the stream, or stream_end() has a reason.
    /// Thread-safe.
    bool send_is_dead() const noexcept { return send_dead_.load(std::memory_order_acquire); }
    /// Queues at most limits::data_payload_max bytes. A slice with `headroom`, which means 8 bytes before it in the
    /// same slab that nobody else uses, is framed in place. Call `flush` after the last of a group.
    void send(buffer::Slice payload, bool headroom);
    /// Queues one datagram, or drops it (false, and counted) when the stream's queue is full, or the session's. False
    /// on a stream that is not of a UDP service.
    /// `now_ms` may come from another thread's clock, a little ahead of or behind the session's.
    bool send_datagram(buffer::Slice payload, std::uint32_t now_ms);
    void flush() noexcept;
    /// Ends this direction after what is queued.
    void finish();
    /// Ends both directions, after what is queued and even after `finish`: the socket was reset. An endpoint that then
    /// reads no more must call stop_receiving, or two ends that reset each other would wait for credit for ever.
    void reset(wire::Code code);
    /// What waits to be sent: its bytes, and limits::data_frame_cost for each piece. Thread-safe.
    std::uint32_t queued_bytes() const noexcept { return queued_.load(std::memory_order_relaxed); }
    /// True: the waker will be called when there is room again. False if there is room now, or sending is over.
    bool try_park_send() noexcept;

    /// Ends both directions at once and drops what is queued. Thread-safe, at any time, even twice.
    void abort(wire::Code code) noexcept;
    /// Like abort(), but the peer first receives everything that was queued before finish(). Call it only with or after
    /// finish(). If abort() and this are both called, the first call counts.
    void abort_behind(wire::Code code) noexcept;

    /// Reports that this end has no user any more: only what is queued, followed by the end, will be sent. If none of
    /// it moves for `orphan_timeout`, the session ends the stream. stop_receiving() reports the same about the inbound
    /// queue. Thread-safe, even twice.
    void leave() noexcept;
    /// How long a remaining end may wait for the other end's socket.
    Duration orphan_timeout() const noexcept { return shared_->orphan_timeout; }

    /// Acceptor only: reports that the backend is connected (sends OPENED).
    void accept() noexcept;
    /// Opener only: whether the peer has answered OPENED. Thread-safe.
    bool accepted() const noexcept { return answer_.load(std::memory_order_acquire) == Answer::received; }

    // --- receiving ---------------------------------------------------------------------------------------------------

    /// The oldest item in place, or null. Data may be consumed in parts.
    StreamItem* front() { return inbound_.front(); }
    /// Consumes `n` bytes of the front item; with its last byte the item is removed, and credit returns.
    void consume(std::uint32_t n);
    /// Drops the front item of any kind; data counts as consumed.
    void drop_front();
    /// Removes and returns the front item, which must be a datagram.
    buffer::Slice take_datagram();
    /// Calls `visit(StreamItem&)` for each item queued now, oldest first, for gathered writes. If `visit` returns a
    /// bool, false ends the walk.
    template <typename Visit>
    void for_each_inbound(Visit visit) {
        inbound_.for_each(visit);
    }
    /// True if nothing is queued and the waker will be called. False: check again.
    bool try_park_receive() { return inbound_.try_park(); }
    /// From now on the session may discard everything that arrives, and return its credit: the socket cannot accept it
    /// any more, but sending continues. Receiving thread; afterwards the inbound queue belongs to the session.
    void stop_receiving() noexcept;
    /// Counts bytes that reached this side's socket, for RESET. Receiving thread.
    void count_delivered(std::uint64_t n) noexcept { delivered_.fetch_add(n, std::memory_order_relaxed); }

    /// How the stream ended from outside, if it did. Thread-safe.
    StreamEnd stream_end() const noexcept;
    std::uint64_t delivered() const noexcept { return delivered_.load(std::memory_order_relaxed); }
    /// The bytes that the peer reported as delivered when it reset the stream. Callable on any thread, after the reset
    /// was seen.
    std::uint64_t peer_delivered() const noexcept { return peer_delivered_.load(std::memory_order_relaxed); }

    /// Dropped datagrams, by cause. Thread-safe.
    struct Drops {
        std::uint32_t no_room = 0;  // beyond what may wait, in either direction
        std::uint32_t too_old = 0;  // waited too long to be sent
    };
    Drops datagram_drops() const noexcept {
        if (kind_ != wire::ServiceKind::udp) {
            return {};
        }
        const QueuedDatagrams& counts = extras_->datagrams;
        return {counts.no_room.load(std::memory_order_relaxed), counts.too_old.load(std::memory_order_relaxed)};
    }

private:
    // The parts of a session, which work on its half.
    friend class Compactor;
    friend class CreditGranter;
    friend class DataLane;
    friend class EndpointRequests;
    friend class MemoryReclaimer;
    friend class OpenLimiter;
    friend class SendLanes;
    friend class StallWatch;
    friend class StreamReceiver;
    friend class StreamSender;
    friend class StreamTable;
    friend class WaitList;
    friend class WakeList;
    template <Stream* StreamSide::*>
    friend class StreamFifo;

    /// The OPENED of this stream: an acceptor's accept() sends it, an opener receives it. Each stream has one of the
    /// two.
    enum class Answer : std::uint8_t { none, given, received };

    void count_queued(std::uint32_t bytes) noexcept { queued_.fetch_add(bytes, std::memory_order_seq_cst); }
    /// Returns the number of bytes still queued.
    std::uint32_t count_unqueued(std::uint32_t bytes) noexcept {
        return queued_.fetch_sub(bytes, std::memory_order_seq_cst) - bytes;
    }
    void count_taken(std::uint64_t cost);
    void request_abort(AbortRequest abort_request) noexcept;
    void notify_session() noexcept;
    using Queue = buffer::SpscQueue<StreamItem, buffer::Spares::per_thread>;
    /// For the endpoint half, and for the session half.
    void push_outbound(StreamItem item) { outbound_.push(std::move(item), shared_->outbound.get()); }
    Queue::Place push_inbound(StreamItem item) { return inbound_.push(std::move(item), shared_->ledger.get()); }
    /// Session's thread; any thread for a stream of datagrams.
    StreamExtras& extras() {
        if (!extras_) {
            extras_ = std::make_unique<StreamExtras>();
        }
        return *extras_;
    }
    /// The cost of data that the endpoint has not consumed yet, counted as in `taken_`. Session's thread.
    std::uint64_t waiting() const noexcept { return side_.pushed - taken_.recent(); }
    /// What the current receive() has queued: the first item, and the cost of all.
    struct Arrival {
        Queue::Place from;
        std::uint64_t cost = 0;
    };
    /// Calls `visit(StreamItem&, end)` for the data in `fresh` that is not consumed. `end` is the value of `taken_`
    /// once that item has been consumed. Session's thread, which must be the endpoint's as well. The cost depends on
    /// the items visited, not on how much was queued before.
    template <typename Visit>
    void for_each_fresh(const Arrival& fresh, Visit visit) {
        const bool from_fresh = waiting() >= fresh.cost && !mutant(Mutant::growing_walk);
        std::uint64_t end = from_fresh ? side_.pushed - fresh.cost : taken_.recent();
        const auto visit_data = [&](StreamItem& item) {
            if (item.kind == StreamItem::Kind::data) {
                end += item.slice.size() + item.cost;
                visit(item, end);
            }
        };
        if (from_fresh) {
            inbound_.for_each_from(fresh.from, visit_data);
        } else {
            inbound_.for_each(visit_data);  // the endpoint has consumed everything older
        }
    }
    buffer::Slice copy_together(const buffer::Slice& piece, std::uint64_t end);

    // Used by both halves.
    const IntrusivePtr<SessionShared> shared_;
    std::unique_ptr<StreamExtras> extras_;
    const wire::StreamId id_;
    const std::uint32_t service_;
    const wire::ServiceKind kind_;
    std::atomic<bool> send_dead_{false};
    std::atomic<bool> discard_{false};  // stop_receiving was called
    std::atomic<bool> left_{false};     // leave was called
    std::atomic<Answer> answer_{Answer::none};
    buffer::ParkFlag room_;  // the endpoint waits for room to send: for less in `queued_`, or `send_dead_`
    std::atomic<AbortRequest> abort_request_{AbortRequest()};
    std::atomic<std::uint32_t> stream_end_{0};  // kind << 16 | code
    std::atomic<std::uint32_t> queued_{0};
    buffer::MarkedCount taken_;  // cost of consumed data, and the mark at which the session must be notified
    std::atomic<std::uint64_t> delivered_{0};
    std::atomic<std::uint64_t> peer_delivered_{0};
    Queue inbound_;
    Queue outbound_;

    // Session half; only the trunk's worker accesses these.
    IntrusivePtr<buffer::Waker> waker_;
    std::shared_ptr<metrics::Meter> meter_;  // may be null
    StreamSide side_;
};

}  // namespace ferrotunnel::mux
