// Where a worker counts the visitors of one service, for the list of those with most traffic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/intrusive_ptr.hpp"
#include "metrics/service_counters.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::session {

/// Shared by the service and its visitors, which may outlive it. Thread-safe.
class VisitorRanks final : public RefCounted {
public:
    /// `writer`: a number of the row.
    VisitorRanks(std::shared_ptr<metrics::ServiceRow> row, std::size_t writer) noexcept
        : row_(std::move(row)), writer_(writer) {}

    /// Adds to the totals of `from`. The first call creates the list.
    void count(const net::Address& from, std::uint64_t visits, std::uint64_t bytes) {
        row_->top_visitors(writer_).count(from, visits, bytes);
    }

private:
    const std::shared_ptr<metrics::ServiceRow> row_;
    const std::size_t writer_;
};

}  // namespace ferrotunnel::session
