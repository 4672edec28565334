// A visitor's connection, whichever version of HTTP it uses: its socket, the events that drive it, its deadlines, and
// its end. For the exchanges on it, a connection is an exchange::ExchangeOwner: one connection of HTTP/1.1 is one
// owner, one of HTTP/2 has one for each of its streams.
//
//   events, deadlines, exchanges --run--> turn, turn ... until nothing moves, or others have a turn
//
//   open --end()--> to end --the next step--> closed
//     \__lost, too slow, over, passed on________^
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/intrusive_ptr.hpp"
#include "exchange/visitor_facts.hpp"
#include "ingress/edge_worker.hpp"
#include "ingress/output_queue.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/deferred.hpp"
#include "runtime/poller.hpp"
#include "runtime/socket_state.hpp"
#include "runtime/step_loop.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::ingress {

class EdgeConnection : public RefCounted,
                       protected runtime::PollTarget,
                       protected runtime::Deferred,
                       protected runtime::Deadline,
                       private Lingering::Member {
public:
    /// Makes the present response the last one; without any the connection ends now.
    virtual void drain() noexcept = 0;
    /// The edge is retired: the next response is the last one, if the connection can announce this to the visitor.
    virtual void retire() noexcept { drain(); }
    /// Closes at once or, if called from within the connection's own work, as soon as that is complete.
    void end() noexcept;

    // For EdgeWorker: the place in its list of connections.
    std::size_t place() const noexcept { return place_; }
    void set_place(std::size_t place) noexcept { place_ = place; }

protected:
    /// `ticket` counts the connection towards the limits, and is held as long as the connection lives.
    EdgeConnection(EdgeWorker& edge, std::unique_ptr<transport::Pipe> pipe, exchange::VisitorFacts visitor,
                   login::ConnectionTicket ticket);
    ~EdgeConnection() override;

    /// Continues the connection's work. May be called from within a turn.
    void run() noexcept;
    bool is_running() const noexcept { return steps_.is_running(); }
    bool is_closed() const noexcept { return life_ == Life::closed; }

    /// Does one round of work. False if nothing has moved.
    virtual bool advance() = 0;
    /// The deadline of the phase, `due_`, has passed.
    virtual void on_due() = 0;
    /// The visitor has reset its connection, or is gone.
    virtual void visitor_lost() = 0;
    /// The connection is closed: releases everything that this class does not own. Called once.
    virtual void release_resources() noexcept = 0;

    void note_read(const runtime::IoResult& result) noexcept;
    void drop_input() noexcept;
    /// Cuts bytes that were just read out of their slab. Few bytes are copied, so that they do not pin it until they
    /// are sent. `headroom`: there is room for a frame's header before them.
    buffer::Slice slice_input(std::string_view payload, bool& headroom);
    /// False if nothing was written.
    bool write_output();

    void set_due(TimePoint when) noexcept;
    void set_stall(TimePoint when) noexcept;

    /// After the last response, when our direction has ended: waits for the visitor's end, as Lingering allows.
    void begin_lingering();
    /// Reads once and discards. False if nothing was read.
    bool linger();

    /// Removes it from all lists of its worker: it is closed, or another connection owns its socket from now on.
    void detach() noexcept;
    void close(bool reset) noexcept;

    EdgeWorker& edge_;
    std::unique_ptr<transport::Pipe> pipe_;
    exchange::VisitorFacts visitor_;
    login::ConnectionTicket ticket_;
    IntrusivePtr<EdgeConnection> self_;  // until it is closed

    // Bytes that were read and not used yet are [begin, end) of the slab. Everything before `used_` belongs to slices.
    buffer::SlabPtr slab_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
    std::uint32_t used_ = 0;
    OutputQueue out_;

    TimePoint due_ = never;    // the deadline of the phase
    TimePoint stall_ = never;  // the deadline for waiting output

    runtime::SocketState socket_;
    bool yield_requested_ = false;  // the next piece takes time to make: others have a turn first
    runtime::StepLoop steps_;

private:
    enum class Life : std::uint8_t { open, ending, closed };

    void on_events(std::uint32_t events) noexcept override;
    void run_deferred() noexcept override { run(); }
    void cut_lingering() noexcept override { end(); }
    void on_deadline() noexcept override;
    void step();
    void check_deadlines();

    std::size_t place_ = 0;
    Life life_ = Life::open;
    bool deadline_hit_ = false;
};

}  // namespace ferrotunnel::ingress
