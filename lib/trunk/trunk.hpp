// Drives one trunk: owns the pipe and the mux session, moves bytes between them on the trunk's worker, and keeps their
// timers.
//
//   handshaking --pipe is open--> running --drained, or failed--> closing --peer has closed, or 2 s--> closed
//        \_________________________\______ pipe error, end of bytes _______________________________/
//                                  \___ the same, if the session can be resumed -----> detached --attach--> running
//                                                                                         \___ too late --> closed
//
// In `closing` our last frames (a GOAWAY) and the end of our direction have been sent. The peer's remaining bytes are
// read and discarded: closing a socket with unread bytes makes the kernel reset it, and the GOAWAY would be lost.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/intrusive_ptr.hpp"
#include "base/log.hpp"
#include "mux/session.hpp"
#include "runtime/deferred.hpp"
#include "runtime/poller.hpp"
#include "runtime/readiness.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"
#include "transport/pipe.hpp"
#include "trunk/memory_governor.hpp"
#include "trunk/traffic.hpp"
#include "trunk/traffic_registry.hpp"

namespace ferrotunnel::trunk {

/// How a trunk ended.
struct TrunkEnd {
    wire::Code code = wire::Code::none;  // none: in order
    std::string text;
    bool by_peer = false;   // the peer announced it
    bool opened = false;    // the pipe was open: TLS had succeeded
    bool proved = false;    // for a client: the peer has proved to be its server, by token or certificate
    bool unwanted = false;  // for a client: it has left before its login, since it is connected to that server already
};

/// Receives the trunk's events, always on the trunk's worker and from within its own event handling.
class TrunkEvents {
public:
    virtual ~TrunkEvents() = default;

    /// The pipe is open: the login may begin.
    virtual void on_pipe_open() = 0;
    virtual void on_control(Bytes message) = 0;
    virtual void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) = 0;
    virtual void on_goaway(wire::Code code, std::string_view text) = 0;
    virtual void on_drained() = 0;
    virtual void on_rotate_due() = 0;
    virtual void on_room() {}
    /// The connection is gone, and the session waits for another one: see Trunk::attach.
    virtual void on_detached(const TrunkEnd&) {}
    /// A stream stalled for no known reason and is restarted: a bug of this program, to be logged.
    virtual void on_stall(const mux::Stall&) {}
    /// The session has waited as long as it may: attempts in progress may finish. Returns whether one of them may
    /// result in a connection; called again until there is one, or this returns false.
    virtual bool finish_resuming() { return false; }
    /// Called once, and no event follows. The streams are lost already. The owner may release the trunk.
    virtual void on_trunk_end(const TrunkEnd& end) = 0;
};

class Trunk final : public RefCounted,
                    private mux::SessionEvents,
                    private runtime::PollTarget,
                    private runtime::Deferred {
public:
    /// Call it on the worker. `handshake_deadline` covers everything until `login_done` is called.
    Trunk(runtime::Worker& worker, std::unique_ptr<transport::Pipe> pipe, const mux::Settings& settings, Random& random,
          Duration handshake_deadline, TrunkEvents& events);
    ~Trunk() override;

    /// Counts the bytes that the trunk moves in `recent` as well. Call it before `start`.
    void count_in(std::shared_ptr<RecentTraffic> recent) noexcept { recent_ = std::move(recent); }
    /// Gives the session an entry in `registry` as long as it lives. Call it before `start`.
    void account_in(std::shared_ptr<TrafficRegistry> registry) { account_.emplace(std::move(registry), session_); }
    /// Counts the session's memory in `governor`, as `owner`'s, as long as the trunk lives. Call it after the login.
    void govern_by(std::shared_ptr<MemoryGovernor> governor, const std::string& owner) {
        governed_.emplace(std::move(governor), session_.shared(), owner);
    }
    /// Starts; events follow, possibly from within this call.
    void start();
    /// Reports that the login has succeeded: streams may be opened, and the handshake's deadline no longer applies.
    void login_done(const mux::PeerLimits& peer);
    /// Ends the trunk with this GOAWAY; on_trunk_end follows. Idempotent.
    void end(wire::Code code, std::string_view text);

    /// This side makes new connections for the session, and so also tries after the peer's machine has closed the
    /// socket; the other side then knows that its peer is gone. Call it before the login is done.
    void set_redials() noexcept { dials_ = true; }
    /// The peer may use this connection for another session, which is resumed, before this side knows. If the login
    /// does not finish in time, the connection is then reset: a GOAWAY, or an orderly end, would end that session.
    void allow_takeover() noexcept { takeover_allowed_ = true; }
    /// Drops the connection as if it were lost: another one has arrived. Call it when the session is resumable.
    void detach();
    bool is_detached() const noexcept { return state_ == State::detached; }
    /// Continues with this connection, whose login reported how much the peer has received. `login` is written before
    /// anything else; `rest` contains the bytes after the login. Call it when the session can_reattach().
    void attach(std::unique_ptr<transport::Pipe> pipe, std::uint64_t peer_received, Bytes login,
                const buffer::Slice& rest);
    /// Gives its connection to another trunk: no events follow. Must not be called while bytes are being written.
    /// Within on_control, `rest` becomes the bytes after that message.
    std::unique_ptr<transport::Pipe> transfer(buffer::Slice& rest);

    /// Closes the trunk at once, without events: the owner is being destroyed.
    void abandon() noexcept;

    mux::Session& session() noexcept { return session_; }
    /// Only while there is one.
    transport::Pipe& pipe() noexcept { return *pipe_; }
    bool has_pipe() const noexcept { return pipe_ != nullptr; }
    runtime::Worker& worker() noexcept { return worker_; }
    /// The counters of all its pipes, including past ones.
    transport::PipeCounters counters() const noexcept;
    bool is_closed() const noexcept { return state_ == State::closed; }
    /// Call it after the session was used outside its events, so that its deadline is watched.
    void session_changed();

private:
    enum class State : std::uint8_t { handshaking, running, detached, closing, closed };
    class DriverWaker;
    using IoStatus = runtime::IoStatus;

    /// A slab that is being filled; empty while there is nothing to read.
    struct ReadSlab {
        buffer::SlabPtr slab;
        std::uint32_t used = 0;
    };
    /// The most slabs that are filled before the streams are woken.
    static constexpr std::size_t slabs_per_round_max = 4;

    void on_events(std::uint32_t events) noexcept override;
    void run_deferred() noexcept override;
    void on_control(Bytes message) override { events_.on_control(message); }
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override;
    void on_goaway(wire::Code code, std::string_view text) override { events_.on_goaway(code, text); }
    void on_drained() override { events_.on_drained(); }
    void on_rotate_due() override { events_.on_rotate_due(); }
    void on_room() override { events_.on_room(); }
    void on_silent() override;
    void on_stall(const mux::Stall& stall) override { events_.on_stall(stall); }

    void guarded(void (Trunk::*step)()) noexcept;
    void work();
    void on_timer();
    void step_handshake();
    void read_some();
    bool read_round();
    IoStatus read_once(ReadSlab& into);
    void take(const buffer::Slice& bytes);
    void input_ended(IoStatus status);
    void connection_lost(TrunkEnd end);
    void detach_and_notify(TrunkEnd end);
    void wait_detached();
    void leave_pipe() noexcept;
    void write_some();
    bool write_once();
    bool produce();
    void report_written(std::size_t bytes);
    void count(std::size_t bytes) noexcept;
    void discard_input();
    void check_session();
    void begin_closing();
    void close(TrunkEnd end);
    void release_pipe() noexcept;
    void set_timer();

    runtime::Worker& worker_;
    std::unique_ptr<transport::Pipe> pipe_;
    TrunkEvents& events_;
    IntrusivePtr<DriverWaker> driver_waker_;
    mux::Session session_;
    mux::Batch batch_;
    runtime::Timer timer_;
    State state_ = State::handshaking;
    TrunkEnd end_;
    transport::PipeCounters last_counters_;  // of past pipes
    std::shared_ptr<RecentTraffic> recent_;  // may be null
    std::optional<TrafficRegistry::Account> account_;
    std::optional<MemoryGovernor::Member> governed_;
    TimePoint handshake_until_;
    TimePoint close_at_ = never;
    std::array<ReadSlab, slabs_per_round_max> slabs_;
    std::size_t slabs_per_round_ = 1;  // grows while each round fills all of them
    std::size_t unreported_ = 0;       // bytes written, but not reported to the session yet
    // Of the pipe. TLS may hold data that arrived with the handshake's end, which no event reports.
    runtime::Readiness readiness_ = runtime::Readiness::both();
    bool logged_in_ = false;
    bool dials_ = false;
    bool takeover_allowed_ = false;
    const buffer::Slice* receiving_ = nullptr;  // the bytes that the session is reading
};

}  // namespace ferrotunnel::trunk
