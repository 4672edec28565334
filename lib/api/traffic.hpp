// Sums the counters of sessions and workers for an application's statistics.
#pragma once

#include <chrono>

#include "api/service_numbers.hpp"
#include "ferrotunnel/stats.hpp"
#include "ingress/edge_worker.hpp"
#include "runtime/worker_group.hpp"
#include "trunk/datagram_counts.hpp"
#include "trunk/memory_governor.hpp"
#include "trunk/resume_counts.hpp"
#include "trunk/traffic_registry.hpp"

namespace ferrotunnel::detail {

inline void add_session(TrafficStats& traffic, const trunk::TrafficSums& session) {
    traffic.bytes_received += session.payload_received;
    traffic.bytes_sent += session.payload_sent;
    traffic.bytes_copied += session.bytes_copied;
    traffic.streams_opened += session.streams_opened;
    traffic.streams_refused += session.streams_refused;
    traffic.streams += session.streams;
    traffic.bytes_held += session.bytes_held;
    traffic.bytes_queued += session.bytes_queued;
    traffic.frames_received += session.frames_received;
    traffic.frames_sent += session.frames_sent;
    traffic.streams_reset += session.resets;
    traffic.credit_stalls += session.credit_stalls;
    traffic.decode = timings_of(session.decode, metrics::work_bounds);
    traffic.encode = timings_of(session.encode, metrics::work_bounds);
}

inline std::chrono::milliseconds waited(TimePoint since) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since);
}

/// All values except those of waiting sessions.
inline void add_resume(ResumeStats& stats, const trunk::ResumeCounts& counts, const trunk::TrafficSums& moved,
                       const mux::Settings& settings) {
    const auto read = [](const trunk::ResumeCounts::Count& count) { return count.load(std::memory_order_relaxed); };
    stats.waits = read(counts.waits);
    stats.resumed = read(counts.resumed);
    stats.given_up = read(counts.given_up);
    stats.refused_unknown = read(counts.refused_unknown);
    stats.refused_unauthorized = read(counts.refused_unauthorized);
    stats.refused_superseded = read(counts.refused_superseded);
    stats.refused_otherwise = read(counts.refused_otherwise);
    stats.bytes_kept = moved.bytes_kept;
    stats.bytes_kept_max = settings.resume > Duration::zero() ? settings.resume_memory : 0;
}

inline void add_memory(TrafficStats& traffic, const trunk::MemoryGovernor& governor) {
    traffic.memory = governor.held();
    traffic.memory_max = governor.limit();
}

inline DatagramStats datagram_stats(const trunk::DatagramCounts& counts) {
    const auto read = [](const std::atomic<std::uint64_t>& count) { return count.load(std::memory_order_relaxed); };
    DatagramStats stats;
    stats.received = read(counts.received);
    stats.sent = read(counts.sent);
    stats.dropped_no_room = read(counts.no_room);
    stats.dropped_too_old = read(counts.too_old);
    stats.dropped_over_rate = read(counts.over_rate);
    stats.dropped_no_visitor = read(counts.no_visitor);
    stats.dropped_socket_full = read(counts.socket_full);
    stats.unreachable = read(counts.unreachable);
    return stats;
}

inline HttpStats http_stats(const exchange::EdgeCounters& edge) {
    const auto read = [](const exchange::EdgeCounters::Count& count) { return count.load(std::memory_order_relaxed); };
    HttpStats stats;
    stats.connections_now = static_cast<std::uint32_t>(read(edge.connections_now));
    stats.connections = read(edge.connections);
    stats.connections_refused = read(edge.connections_refused);
    stats.requests = read(edge.requests);
    stats.requests_refused = read(edge.requests_refused);
    stats.pages = read(edge.pages);
    stats.answers_cut = read(edge.answers_cut);
    stats.visitors_lost = read(edge.visitors_lost);
    stats.upgrades = read(edge.upgrades);
    stats.handshakes_failed = read(edge.handshakes_failed);
    stats.backend_opened = read(edge.backend_opened);
    stats.backend_reused = read(edge.backend_reused);
    stats.retries = read(edge.retries);
    stats.held = read(edge.held);
    stats.bytes_received = read(edge.bytes_in);
    stats.bytes_sent = read(edge.bytes_out);
    return stats;
}

inline void add_slabs(TrafficStats& traffic, runtime::WorkerGroup& group) {
    for (std::size_t i = 0; i < group.size(); ++i) {
        traffic.slabs_in_use += group.at(i).slabs().in_use();
    }
}

}  // namespace ferrotunnel::detail
