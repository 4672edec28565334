// Moves bytes between a stream and one other end, a socket or a pipe, in both directions, on one worker.
//
//          end --readable--> slabs --> stream.send        until its end (stream.finish) or reset (stream.reset)
//          end <--writable-- gathered <-- stream.front    until FIN (its direction ends) or RESET (it is reset)
//
//   dialing --connected--> open --both directions ended (or one, for HTTP)-----------> closed
//      |                     |\--error, a write fails--> broken --all of it is read---> |
//      |                     \--reset in order--> resetting --acknowledged------------> |
//      \___________________ stream_end, cancel: from every state ____________________> /
//
// In `open` each direction ends by itself. In `broken` the end accepts nothing more, and its remaining bytes are read;
// in `resetting` it delivers nothing more.
//
// The end's reset arrives after the bytes that preceded it. In the other direction a stream's reset becomes the end's
// only after the peer has acknowledged everything written before (`resetting`, bounded in time).
//
// An open pump keeps itself alive: its stream may be gone from the session while a slow peer still reads the last
// bytes. An idle pump holds no slab and no timer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/intrusive_ptr.hpp"
#include "base/tap.hpp"
#include "buffer/slab.hpp"
#include "buffer/waker.hpp"
#include "mux/stream.hpp"
#include "runtime/io_result.hpp"
#include "runtime/poller.hpp"
#include "runtime/readiness.hpp"
#include "runtime/shutdown_hook.hpp"
#include "runtime/step_loop.hpp"
#include "runtime/worker.hpp"
#include "shaping/lane.hpp"
#include "shaping/shapes.hpp"
#include "trunk/inbound_pieces.hpp"
#include "trunk/linger_watch.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::trunk {

/// The order of bases and members leaves no gaps: each idle visitor has a pump at both ends.
class Pump : protected runtime::PollTarget, private runtime::ShutdownHook, public buffer::Waker {
public:
    /// Sets the stream (attached to this pump). It comes first; the end follows, at once or when it is connected.
    void set_stream(IntrusivePtr<mux::Stream> stream) { stream_ = std::move(stream); }
    /// Sets the function to call if the stream ends before there is an end, so that dialling stops.
    void on_cancel(std::function<void()> cancel) { extras().cancel = std::move(cancel); }
    /// Sets the observer of the data; null: none.
    void set_tap(std::unique_ptr<Tap> tap);
    /// Ends the stream with this code, since there is no end. The tap gets the reason.
    void refuse(wire::Code code, std::string_view why);

    /// Thread-safe; acts at once on the worker's thread.
    void wake() noexcept override;

protected:
    Pump(runtime::Worker& worker, IntrusivePtr<TrafficCounter> traffic);
    /// A derived class closes in its destructor, since closing calls what that class overrides.
    ~Pump() override = default;

    /// The end exists and is watched: the pump lives until it is closed.
    void begin();
    /// Called when the dialler has connected: drops its cancel function. False if the pump is closed already, and the
    /// new end is not needed.
    bool wants_end() noexcept {
        drop_cancel();
        return !is_closed();
    }
    /// Has the poller watch the connected socket that becomes the end. False if no end is needed any more, or there is
    /// no memory: then the stream is refused. Without `output`, watching for room is left to the caller.
    bool watch(int fd, bool output);
    void close(bool reset) noexcept;

    // From the end.
    /// Acts on a read of a plain socket that had `room` for bytes, which have been passed on. True if there is more to
    /// read now.
    bool after_read(const runtime::IoResult& result, std::size_t room) {
        switch (result.status) {
            case runtime::IoStatus::ok:
                // A short read has emptied the socket, and later bytes cause a new event, so no second call is needed.
                // But an end that was announced together with these bytes will not be announced again.
                readiness_.set_readable(result.bytes == room || readiness_.has_more_behind());
                return readiness_.is_readable();
            case runtime::IoStatus::would_block:
                readiness_.set_readable(false);
                return false;
            case runtime::IoStatus::eof:
            case runtime::IoStatus::error:
                break;
        }
        read_ended(result.status);
        return false;
    }
    void stop_reading() noexcept;
    /// Passes on that the end delivers nothing more. An HTTP stream is over then: HTTP has no use for half a
    /// connection, and nothing would answer further data. The reset after its end reports how much has been delivered,
    /// so that the edge can resend what was on its way here.
    void finish_stream();
    /// The end was reset, or has failed.
    void reset_stream();

    // To the end.
    /// The data at the front of the stream, as much as one write covers.
    std::span<const Bytes> gather(Pieces& pieces) { return gather_inbound(*stream_, pieces); }
    /// The end has accepted `bytes` of that data.
    void count_taken(std::size_t bytes);
    /// Shows the tap the first `bytes` bytes of what was read into these pieces.
    void show_read(std::span<const MutableBytes> pieces, std::size_t bytes) noexcept {
        if (tap() != nullptr) {
            show_to_tap(pieces, bytes);
        }
    }
    /// Reports to the tap why the existing end is not used.
    void tap_not_reached(std::string_view why) noexcept;
    /// Shows the tap the bytes that the end has accepted, if they differ from the stream's.
    void show_written(Bytes bytes) noexcept {
        if (tap() != nullptr) {
            tap()->to_backend(bytes, worker_.now());
        }
    }
    /// After the stream's FIN only a reset can follow.
    bool is_reset_behind_end();
    /// Handles an end that accepts nothing any more. What it received before it failed is still read, and the reset
    /// follows that; if its end was already read, the reset follows at once.
    void end_failed();
    /// Resets the end once its peer has acknowledged everything, and reads no more from the end.
    void reset_acknowledged();

    /// The lanes of a pump whose visitor has rates; the first call creates them.
    shaping::Lanes& lanes(const std::shared_ptr<shaping::ServiceShape>& shape);
    void drop_lanes() noexcept;

    bool is_closed() const noexcept { return state_ == State::closed; }
    bool is_broken() const noexcept { return state_ == State::broken; }

    runtime::Readiness readiness_;  // of the end
    bool reading_ = true;           // the end may still deliver bytes
    bool writing_ = true;           // the stream may still deliver bytes, and the end accepts them
    runtime::Worker& worker_;
    IntrusivePtr<TrafficCounter> traffic_;
    IntrusivePtr<mux::Stream> stream_;

private:
    enum class State : std::uint8_t { dialing, open, broken, resetting, closed };  // open to resetting: it holds itself

    // What few pumps have, or only for a time.
    struct Extras {
        std::function<void()> cancel;  // empty once there is an end
        std::unique_ptr<Tap> tap;
        std::unique_ptr<LingerWatch> linger_watch;  // once only the end is left
        std::unique_ptr<shaping::Lanes> lanes;

        bool any() const noexcept { return cancel || tap || linger_watch || lanes; }
    };

    // The differences between kinds of ends.
    virtual int fd() const noexcept = 0;  // negative if there is no end (`dialing`, `closed`)
    virtual bool is_ready() { return true; }
    /// The stream may have something, and there is no end yet.
    virtual void before_end() {}
    virtual void send() = 0;
    /// False if there is no more for now.
    virtual bool read_once() = 0;
    /// There is something left to send: bytes that the end has accepted and its socket has not, or a reset after them.
    virtual bool has_pending() const noexcept { return false; }
    /// Closes the end, if there is one; it is not watched any more. Stops timers, of which one may be the caller.
    virtual void close_end(bool reset) noexcept = 0;
    /// Other owners may hold the pump for longer, but its timers must not outlive the worker.
    virtual void drop_timers() noexcept {}

    void on_events(std::uint32_t events) noexcept override;
    void on_worker_end() noexcept override;
    void run() noexcept;
    void step();
    bool ended_from_outside();
    void receive();
    void read_ended(runtime::IoStatus how);
    bool may_send();
    void watch_end();
    void show_to_tap(std::span<const MutableBytes> pieces, std::size_t bytes) noexcept;
    void show_taken(std::size_t bytes) noexcept;
    void watch_linger(LingerWatch::Until until);
    void enter(State next);

    Extras& extras();
    void drop_unused_extras() noexcept;
    void drop_cancel() noexcept;
    Tap* tap() const noexcept { return extras_ ? extras_->tap.get() : nullptr; }

    std::unique_ptr<Extras> extras_;  // null without any
    State state_ = State::dialing;
    runtime::StepLoop steps_;
};

}  // namespace ferrotunnel::trunk
