// One end of a trunk: a real session and a driver that behaves as the real one does. The driver produces only when its
// waker was called, or when the session has output after one of the driver's own calls; bytes go to a link that may be
// full.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mux/session.hpp"
#include "simulation/link.hpp"
#include "simulation/plan.hpp"
#include "simulation/wire_observer.hpp"

namespace ferrotunnel::simulation {

class Half;

class Node final : public mux::SessionEvents {
public:
    Node(World& world, const char* name, const NodePlan& plan, const NodePlan& peer_plan);
    ~Node() override;

    /// Must be called first. `out` carries what this node sends, on this connection of several.
    void connect(std::uint32_t connection, Link& out);
    void set_peer(Node& peer) noexcept { peer_ = &peer; }
    std::function<void(IntrusivePtr<mux::Stream>, const wire::Open&)> on_stream;
    std::function<void()> on_detached;
    std::function<void()> on_given_up;  // detached, and now over

    // --- what happens to it -----------------------------------------------------------------------------------------

    void bytes_arrived(Bytes bytes);
    void room_on_link();
    void peer_closed();
    void connection_broke();
    /// Resets its connection, if it has one, to wait for another.
    void detach();
    /// Continues with another connection, on which the peer has said what it has.
    void reattach(std::uint32_t connection, Link& out, std::uint64_t peer_received, Bytes login);
    void tick();
    TimePoint deadline() const noexcept;

    // --- what it is told to do --------------------------------------------------------------------------------------

    /// The client speaks first; each side establishes its session when it has heard the other.
    void greet();
    void expect_greeting();
    void send_control_messages();
    Result<IntrusivePtr<mux::Stream>, wire::Code> open(const mux::Session::OpenRequest& request,
                                                       IntrusivePtr<buffer::Waker> waker, bool foreign);
    void drain();
    void fail(wire::Code code);
    void fail_inside_next_event() noexcept { fail_inside_ = true; }
    void lose();
    /// The whole is over.
    void end() { close_trunk(); }
    /// Sends bytes that no session would send, at the next boundary between two frames.
    void inject(std::vector<std::uint8_t> bytes);

    // --- looking ----------------------------------------------------------------------------------------------------

    const char* name() const noexcept { return name_; }
    const mux::Settings& settings() const noexcept { return plan_.settings; }
    buffer::SlabPool& pool() noexcept { return pool_; }
    WireObserver& observer() noexcept { return observer_; }
    mux::Session& session() noexcept { return *session_; }
    bool established() const noexcept { return established_; }
    /// True if the session has failed or lost its trunk: its streams are lost.
    bool trunk_over() const noexcept;
    /// Nothing comes or goes any more.
    bool dead() const noexcept { return dead_; }
    bool draining() const noexcept { return draining_ || goaways_ > 0 || (peer_ != nullptr && peer_->draining_); }
    std::uint32_t drained_events() const noexcept { return drained_events_; }
    std::uint32_t connection() const noexcept { return connection_; }
    bool is_on(std::uint32_t connection) const noexcept {
        return !dead_ && connection_ == connection && !session_->is_detached();
    }
    /// True if nothing happens here before time passes.
    bool idle() const noexcept {
        return dead_ || (!session_->is_detached() && !pump_planned_ && batch_.empty() && injected_.empty());
    }
    std::vector<Half*> halves;  // those that live at this node

    /// Called after each step.
    void check_step();
    /// Called at a quiet moment of a live session: checks that its statistics agree with what was seen on the wire.
    void check_statistics();
    /// Called at the end, when every stream is over: checks that nothing is kept. `lived`: the sessions lived until
    /// they had drained.
    void check_nothing_left(bool lived);

private:
    class NodeWaker;

    void on_control(Bytes message) override;
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override;
    void on_goaway(wire::Code code, std::string_view text) override;
    void on_drained() override;
    void on_rotate_due() override;
    void on_stall(const mux::Stall& stall) override;
    void on_silent() override;

    void establish();
    void follow_up();
    void fail_if_planned();
    void plan_pump(Duration delay);
    void pump();
    bool write_batch();
    bool write_injected();
    void watch_fairness();
    void watch_credit(const mux::SessionStats& stats);
    void watch_memory(std::uint64_t held);
    void close_trunk();
    std::string control_text(std::uint32_t number) const;

    World& world_;
    const char* name_;
    const NodePlan& plan_;
    const NodePlan& peer_plan_;
    Node* peer_ = nullptr;
    Link* out_ = nullptr;
    std::uint32_t connection_ = 0;
    buffer::SlabPool pool_;
    WireObserver observer_;
    IntrusivePtr<NodeWaker> waker_;
    std::unique_ptr<mux::Session> session_;
    mux::Batch batch_;
    buffer::SlabPtr read_slab_;
    std::uint32_t read_used_ = 0;
    std::vector<std::uint8_t> injected_;

    bool established_ = false;
    bool pump_planned_ = false;
    bool failure_seen_ = false;
    bool fail_inside_ = false;
    bool draining_ = false;
    bool dead_ = false;
    std::uint64_t credit_before_ = 0;  // credit that was committed at the step before
    std::optional<TimePoint> over_memory_since_;
    std::uint32_t controls_sent_ = 0;  // after the greeting
    std::uint32_t controls_received_ = 0;
    std::uint32_t goaways_ = 0;
    std::uint32_t drained_events_ = 0;
    std::uint32_t rotate_events_ = 0;
};

}  // namespace ferrotunnel::simulation
