// Counts the bytes of one visitor of a port, for the list of visitors with most of a service's traffic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "metrics/service_counters.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::session {

/// Counts them when the last reference is released.
struct VisitorBytes : trunk::Traffic {
    VisitorBytes(std::shared_ptr<metrics::ServiceRow> row_in, std::size_t writer_in, const net::Address& from_in,
                 std::shared_ptr<trunk::Traffic> of_service)
        : row(std::move(row_in)), writer(writer_in), from(from_in) {
        total = std::move(of_service);
    }
    VisitorBytes(const VisitorBytes&) = delete;
    VisitorBytes& operator=(const VisitorBytes&) = delete;
    ~VisitorBytes() {
        if (const std::uint64_t moved = from_sockets.load() + to_sockets.load()) {  // its visit was counted before
            row->top_visitors(writer).count(from, 0, moved);
        }
    }

    const std::shared_ptr<metrics::ServiceRow> row;
    const std::size_t writer;
    const net::Address from;
};

}  // namespace ferrotunnel::session
