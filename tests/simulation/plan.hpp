// What a seed means: settings of both nodes, the network, what each half of each stream will do, and the faults.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mux/settings.hpp"
#include "simulation/link.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::simulation {

/// The behaviour of one half of a stream: a visitor's, a backend's, or an application's.
struct HalfPlan {
    // Sending.
    std::uint64_t send_bytes = 0;
    std::uint32_t chunk_max = limits::data_payload_max;
    bool headroom = false;
    bool flush_each = false;
    std::uint32_t burst_bytes = 0;  // bytes between two pauses; 0: as fast as it goes
    Duration send_pause = Duration::zero();
    Duration start_delay = Duration::zero();
    bool answer_after_fin = false;  // sends nothing before the other side's FIN
    std::uint32_t datagrams = 0;    // a UDP stream: this many datagrams instead of bytes
    enum class End : std::uint8_t { finish, reset, abort } end = End::finish;
    wire::Code code = wire::Code::none;
    Duration linger = Duration::zero();  // idle between the last byte and the end

    // Receiving.
    std::uint32_t take_max = 0;  // bytes between two pauses; 0: as fast as it comes
    Duration take_pause = Duration::zero();
    bool partial = false;  // takes items in parts
    std::uint64_t stall_at = UINT64_MAX;
    Duration stall_for = Duration::zero();
    std::uint64_t end_at_received = UINT64_MAX;  // resets or aborts when it has received this much
    bool end_at_received_aborts = false;
    std::uint64_t stop_receiving_at = UINT64_MAX;

    // Answering: for the acceptor's half.
    enum class Answer : std::uint8_t { accept, refuse_reset, refuse_abort, never } answer = Answer::accept;
    Duration answer_delay = Duration::zero();

    // How it runs.
    bool direct = false;   // acts inside the wake, as a pump on the session's own worker does
    bool foreign = false;  // is said to receive on a thread that is not the session's
    Duration wake_delay = Duration::zero();
};

struct StreamPlan {
    std::uint32_t opener = 0;  // which node opens
    Duration open_at = Duration::zero();
    std::uint32_t service = 0;
    std::array<HalfPlan, 2> half;  // by role: the opener's, the acceptor's
    bool datagrams = false;
};

enum class FaultKind : std::uint8_t {
    none,
    cut,      // breaks at a random byte
    stall,    // one direction stands still for a while, then continues
    silence,  // one direction swallows everything for good
    silence_both,
    drain,        // one node takes no new streams
    fail,         // one node ends with an error
    fail_inside,  // one node ends with an error, from within the next event of its session
    lose,         // one node is notified that its trunk is gone
    rogue,        // hand-made frames that violate the protocol
    ping_flood,   // more pings than a peer may have open
};
const char* name_of(FaultKind kind) noexcept;

struct FaultPlan {
    FaultKind kind = FaultKind::none;
    std::uint32_t node = 0;  // where it happens, or whose sending direction it hits
    Duration at = Duration::zero();
    std::uint64_t at_byte = 0;
    Duration lasts = Duration::zero();
    std::uint32_t variant = 0;
};

struct NodePlan {
    mux::Settings settings;
    LinkShape link;  // from this node to the other
    bool slab_per_read = false;
    bool several_reads = false;  // before the streams are woken again
    Duration pump_delay = Duration::zero();
    std::uint32_t control_messages = 0;
};

/// What happens to one connection of a session that can be resumed.
struct CutPlan {
    enum class Kind : std::uint8_t { at_byte, at_time, silence } kind = Kind::at_byte;
    std::uint32_t direction = 0;  // of the node that sends
    std::uint64_t byte = 0;
    Duration after = Duration::zero();
};

struct ResumePlan {
    bool on = false;
    Duration window = Duration::zero();
    std::vector<CutPlan> cuts;  // of the first connections, in their order; the others live
};

struct Plan {
    ResumePlan resume;
    std::array<NodePlan, 2> node;  // 0: the server, 1: the client
    std::vector<StreamPlan> streams;
    std::vector<FaultPlan> faults;
    bool memory_is_short = false;  // streams may be reset for holding too much
    bool ids_run_out = false;
    bool opens_are_limited = false;
    bool streams_are_slow_to_answer = false;
    bool tiny_reads = false;
};

/// Draws everything from `random`, so that one number tells the whole story.
Plan make_plan(SeededRandom& random);
/// Lets some sessions be resumed, and cuts their connections: at any byte, also of the resume itself. It draws from a
/// source of its own, so that the other seeds are what they were.
void add_resumes(std::uint64_t seed, Plan& plan);

}  // namespace ferrotunnel::simulation
