// Core of a ferrotunnel::Stream: the endpoint half of a mux stream, processed by the application's threads and by the
// trunk's worker in turn.
//
// Each direction has a HandoffLock. The application acquires it to start an operation, does what can be done at once,
// and parks the rest; a wake acquires it again on the worker, moves bytes, and completes the operation, which posts the
// application's handler. The order of parking matters: first the mux queue (so that the session will wake us), then the
// lock (so that the wake finds something).
//
//    reading:   app: begin -> drive --nothing there--> try_park_receive -> park        worker: wake -> drive -> ...
//    writing:   app: begin -> drive --queue is full--> try_park_send    -> park        worker: wake -> drive -> ...
//    close:     claims both locks, even if parked, and drives them to their end
//
// The application's request to end only rises, and sending ends accordingly, after everything that is queued:
//
//    end_request:  open --shutdown_send--> shutdown --close--> closed --reset--> reset          (each may be skipped)
//    sent end:     none --end_request is shutdown or closed--> fin --it is reset--> reset       (fin may be skipped)
//
// After close the reading half lingers: it discards what still arrives, until the other side ends too.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "api/handoff_lock.hpp"
#include "api/lifecycle.hpp"
#include "api/service_state.hpp"
#include "buffer/slab.hpp"
#include "buffer/waker.hpp"
#include "ferrotunnel/server.hpp"
#include "ferrotunnel/stream.hpp"
#include "ferrotunnel/visitor_info.hpp"
#include "mux/stream.hpp"
#include "session/trunk_load.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::detail {

class OpenAttempt;

/// The origin of a stream that the peer opened, as far as it is known; Stream::visitor() is made from it.
struct StreamOrigin {
    net::Address visitor{};  // unknown, unless the stream belongs to a single visitor
    wire::ServiceKind kind = wire::ServiceKind::tcp;
    std::shared_ptr<const ServiceState> service{};  // null: a stream that this side opened
    std::string host{};                             // for kind tls
};

VisitorInfo visitor_info(const StreamOrigin& origin);

class StreamCore final : public buffer::Waker {
public:
    /// Bytes to discard after close before the stream is aborted, once everything written was sent.
    static constexpr std::uint64_t linger_bytes_max = 256 * 1024;

    /// `owner` may be null. Created on the session's worker.
    StreamCore(StreamOrigin origin, IntrusivePtr<OwnerLife> owner);

    /// Creates the core of a stream that the peer opened, within on_open. Attaches itself as the stream's waker.
    static IntrusivePtr<StreamCore> of_opened(IntrusivePtr<mux::Stream> stream, StreamOrigin origin,
                                              IntrusivePtr<OwnerLife> owner);

    /// Sets the stream of the core, when this side has opened it: the core is passed to Session::open as the waker
    /// (foreign), and then gets the stream. Session's worker, before anything else.
    void bind(IntrusivePtr<mux::Stream> stream) noexcept { stream_ = std::move(stream); }
    /// Counts the stream by `count` as long as it exists for any user. Called before the stream is shared with other
    /// threads.
    void count_by(std::shared_ptr<session::TrunkLoad::Count> count) noexcept { count_ = std::move(count); }
    /// Called after `bind`, instead of a read: completes when the peer has answered. The reference is for the new
    /// Stream. It keeps `attempt` until then.
    void start_open(OpenOperation* operation, std::shared_ptr<OpenAttempt> attempt) noexcept;
    /// Thread-safe. Ends an open that has not completed: with timed_out, or as cancelled. Otherwise it does nothing.
    void cancel_open(bool timed_out) noexcept;

    /// Called by the acceptor: the application accepts the visitor. False if the visitor has left already.
    bool accept() noexcept;
    /// Whether the visitor has left before it was accepted.
    bool is_gone() const noexcept { return static_cast<bool>(stream_->stream_end()); }
    /// Ends the stream at once, for a visitor that is not accepted.
    void refuse(wire::Code code) noexcept;

    // --- for Stream ---

    void start_read(ReadOperation* operation) noexcept;
    void start_write(WriteOperation* operation) noexcept;
    void cancel_read(std::uint64_t serial) noexcept;
    void cancel_write(std::uint64_t serial) noexcept;
    std::uint64_t new_serial() noexcept { return ++last_serial_; }
    std::error_code shutdown_send() noexcept;
    void close() noexcept;
    void reset() noexcept;
    /// Called by the destructor of Stream.
    void drop() noexcept;
    bool closed() const noexcept { return end_request_.load(std::memory_order_acquire) >= EndRequest::closed; }
    bool is_aborted() const noexcept { return stream_->stream_end().kind == mux::StreamEnd::Kind::aborted; }
    const StreamOrigin& origin() const noexcept { return origin_; }

    void wake() noexcept override;

private:
    /// The end of an operation, to be performed after the lock was released.
    struct Outcome {
        bool done = false;
        std::error_code error;
        std::size_t bytes = 0;
    };

    enum class OpenEnd : std::uint8_t { none, cancelled, timed_out };
    enum class EndRequest : std::uint8_t { open, shutdown, closed, reset };
    enum class SentEnd : std::uint8_t { none, fin, reset };

    ~StreamCore() override = default;

    void drive_reader() noexcept;
    void drive_writer() noexcept;
    Outcome guarded(Outcome (StreamCore::*settle)()) noexcept;
    Outcome settle_read();
    Outcome settle_open();
    Outcome settle_write();
    std::size_t copy_inbound(const ReadBuffers& buffers);
    std::size_t copy_outbound(const WriteBuffers& buffers);
    bool linger() noexcept;
    void end_sending() noexcept;
    std::error_code send_error() const noexcept;
    std::error_code stream_end_error_now(const mux::StreamEnd& stream_end) const noexcept;

    IntrusivePtr<mux::Stream> stream_;
    const StreamOrigin origin_;
    const IntrusivePtr<OwnerLife> owner_;
    std::shared_ptr<session::TrunkLoad::Count> count_;

    // Requests: set by the application at any time, read by the holder of a lock.
    std::atomic<EndRequest> end_request_{EndRequest::open};
    std::atomic<std::uint64_t> last_serial_{0};
    std::atomic<std::uint64_t> cancelled_read_{0};
    std::atomic<std::uint64_t> cancelled_write_{0};
    std::atomic<OpenEnd> open_end_{OpenEnd::none};

    HandoffLock reader_;  // guards the reading half, up to lingered_
    ReadOperation* read_ = nullptr;
    OpenOperation* open_ = nullptr;
    std::shared_ptr<OpenAttempt> open_attempt_;
    bool receive_ended_ = false;
    std::error_code receive_end_;  // eof, or the error of a reset
    std::uint64_t lingered_ = 0;

    HandoffLock writer_;  // guards the writing half, up to sent_end_
    WriteOperation* write_ = nullptr;
    SentEnd sent_end_ = SentEnd::none;
};

}  // namespace ferrotunnel::detail
