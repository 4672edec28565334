// Limits of a session. The defaults are those of limits.hpp; tests make them small.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

/// The side of the trunk. The server opens odd ids, the client even ones.
enum class Role : std::uint8_t { client, server };

struct Settings {
    Role role = Role::client;
    /// The first id that this side opens; its parity must fit the role. 0: the role's lowest id.
    wire::StreamId first_id = 0;
    wire::StreamId last_id = limits::stream_id_max;
    wire::StreamId rotate_at = limits::stream_id_rotate;

    std::uint32_t first_window = limits::first_window;
    std::uint32_t first_window_tight = limits::first_window_tight;
    std::uint32_t opened_window = limits::opened_window;
    std::uint32_t window_max = limits::window_max;
    std::uint64_t budget = limits::session_budget;
    std::uint64_t memory_hard = limits::session_memory_hard;
    std::uint32_t send_queue_max = limits::send_queue_max;
    std::uint64_t outbound_max = limits::session_outbound_max;

    std::uint32_t streams_max = limits::streams_max;
    std::uint32_t opens_max = limits::opens_unanswered_max;
    std::uint32_t opens_per_service_max = limits::opens_unanswered_per_service_max;
    Duration open_deadline = limits::open_answer_deadline;
    Duration orphan_timeout = limits::orphan_timeout;

    Duration ping_interval = limits::ping_interval;
    Duration dead_interval = limits::dead_interval;
    Duration write_timeout = limits::write_timeout;

    /// How long a session may be resumed if both sides want that; zero: this side does not.
    Duration resume{};
    /// Memory for sent bytes that the peer has not confirmed, in a session that can be resumed.
    std::uint64_t resume_memory = limits::resume_memory_usual;
};

/// Limits that the peer announced in its hello, which this side observes.
struct PeerLimits {
    std::uint32_t first_window = limits::first_window;
    std::uint32_t streams_max = limits::streams_max;
    std::uint32_t opens_max = limits::opens_unanswered_max;
    /// How the peer wants this side to handle silence; zero: it has no request.
    Duration ping_interval{};
    Duration dead_interval{};
};

}  // namespace ferrotunnel::mux
