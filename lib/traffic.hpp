// What sessions and workers have counted, summed up for an application's stats.
#pragma once

#include "ferrotunnel/stats.hpp"
#include "mux/session.hpp"
#include "runtime/worker_group.hpp"

namespace ferrotunnel::detail {

inline void add_session(TrafficStats& traffic, const mux::SessionStats& session) {
    traffic.bytes_received += session.payload_received;
    traffic.bytes_sent += session.payload_sent;
    traffic.bytes_copied += session.bytes_copied;
    traffic.streams_opened += session.streams_opened;
    traffic.streams_refused += session.streams_refused;
    traffic.streams += session.streams;
    traffic.bytes_held += session.bytes_held;
}

inline void add_slabs(TrafficStats& traffic, runtime::WorkerGroup& group) {
    for (std::size_t i = 0; i < group.size(); ++i) {
        traffic.slabs_in_use += group.at(i).slabs().in_use();
    }
}

}  // namespace ferrotunnel::detail
