// One half of a stream, played by its endpoint: a visitor, a backend or an application that drives mux::Stream by its
// endpoint members. It runs only when it was woken or when its own pause is over, so that a lost wake becomes a hang.
//
//   opener:    begin --> running --> over            acceptor:   begin --answer delay--> running --> over
//   running ends when both directions have ended, by its own reset or abort, or by the stream's end from outside.
#pragma once

#include <cstdint>
#include <optional>

#include "buffer/waker.hpp"
#include "mux/stream.hpp"
#include "simulation/direction.hpp"
#include "simulation/plan.hpp"

namespace ferrotunnel::simulation {

class Node;
class StreamRecord;

class Half {
public:
    Half(World& world, Node& node, StreamRecord& record, std::uint32_t role);
    ~Half();
    Half(const Half&) = delete;
    Half& operator=(const Half&) = delete;

    IntrusivePtr<buffer::Waker> waker() const;
    void begin(IntrusivePtr<mux::Stream> stream);

    bool begun() const noexcept { return begun_; }
    bool over() const noexcept { return over_; }
    const std::optional<wire::Code>& aborted() const noexcept { return aborted_; }
    wire::StreamId id() const noexcept { return id_; }
    /// Traces one line about the state of this half, for the report of a hang.
    void describe() const;

    /// Bytes that wait for the session to send them; 0 while they have not been announced to it.
    std::uint32_t waiting_bytes() const noexcept;
    /// Called after each batch: checks that a stream that could have been served is not left out for too long.
    void watch_fairness(std::uint32_t senders);
    /// True if this half lives, has received something, and has not taken anything for at least `time`.
    bool holds_without_taking(Duration time) const;
    /// Called when nothing moves: checks that nothing that could move was forgotten.
    void check_quiet();

private:
    class HalfWaker;

    void woken() noexcept;
    void plan_run(Duration delay);
    void run();
    void step();
    void answer();
    void receive();
    bool take_front();
    void take_data(mux::StreamItem& item);
    void after_taking(std::uint32_t n);
    void send();
    bool send_piece();
    bool send_datagram();
    buffer::Slice make_chunk(std::uint32_t size, bool& headroom);
    void end_sending();
    void reset(wire::Code code);
    void abort(wire::Code code);
    void on_verdict(mux::StreamEnd stream_end);
    void end(const char* how);
    bool can_be_served() const;
    void check_credit();

    World& world_;
    Node& node_;
    StreamRecord& record_;
    std::uint32_t role_;
    const HalfPlan& plan_;
    Direction& outgoing_;
    Direction& incoming_;
    IntrusivePtr<HalfWaker> waker_;
    IntrusivePtr<mux::Stream> stream_;
    wire::StreamId id_ = 0;

    bool begun_ = false;
    bool started_ = false;  // reads and sends
    bool over_ = false;
    bool running_ = false;
    bool run_again_ = false;
    bool run_planned_ = false;
    std::optional<wire::Code> aborted_;

    // Receiving.
    bool receive_parked_ = false;
    bool receive_stopped_ = false;
    TimePoint take_again_at_{};
    TimePoint taken_at_{};
    std::uint32_t taken_in_turn_ = 0;

    // Sending.
    bool send_parked_ = false;
    bool send_over_ = false;
    bool lingered_ = false;
    bool unflushed_ = false;
    TimePoint send_again_at_{};
    std::uint32_t sent_in_turn_ = 0;
    std::uint32_t datagrams_sent_ = 0;
    buffer::SlabPtr slab_;  // being filled with chunks
    std::uint32_t slab_used_ = 0;

    // Fairness.
    bool was_waiting_ = false;
    std::uint64_t waiting_since_ = 0;  // what the node had sent by then
};

/// A stream from the plan, both halves of it and what passed between them.
class StreamRecord {
public:
    StreamRecord(World& world, const Plan& whole, const StreamPlan& stream, std::uint32_t number, Node& opener,
                 Node& acceptor)
        : plan(stream),
          whole_plan(whole),
          index(number),
          direction{Direction(world, number, 0), Direction(world, number, 1)},
          half{Half(world, opener, *this, 0), Half(world, acceptor, *this, 1)} {}

    /// Both halves are over, or never began and never will.
    bool over() const noexcept {
        return attempted && (!half[0].begun() || half[0].over()) && (!half[1].begun() || half[1].over());
    }

    const StreamPlan& plan;
    const Plan& whole_plan;
    const std::uint32_t index;
    bool attempted = false;                // the opener has tried to open it
    std::optional<wire::Code> open_error;  // why the open was refused
    TimePoint opened_at{};
    Direction direction[2];  // what the opener sends, what the acceptor sends
    Half half[2];
};

}  // namespace ferrotunnel::simulation
