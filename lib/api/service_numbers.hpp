// Statistics of each service and each worker, in the form for an application.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ferrotunnel/stats.hpp"
#include "metrics/histogram.hpp"
#include "metrics/service_counters.hpp"
#include "runtime/worker_group.hpp"

namespace ferrotunnel::detail {

template <std::size_t n>
Timings timings_of(const metrics::HistogramSums<n>& sums, const std::array<std::int64_t, n>& bounds) {
    Timings timings;
    timings.buckets.reserve(n + 1);
    for (std::size_t i = 0; i < n; ++i) {
        timings.buckets.push_back({std::chrono::nanoseconds(bounds[i]), sums.counts[i]});
    }
    timings.buckets.push_back({std::chrono::nanoseconds::max(), sums.counts[n]});
    timings.sum = std::chrono::nanoseconds(sums.nanoseconds);
    return timings;
}

/// The threads that count in a Client's or Server's ServiceCounters.
std::vector<const void*> writers_of(runtime::WorkerGroup& group);

/// The side that counts.
enum class CountingSide : std::uint8_t { client, server };

/// By their labels; the last one is for traffic without a service.
std::vector<ServiceStats> service_stats(const metrics::ServiceCounters& counters, CountingSide side);
std::vector<WorkerStats> worker_stats(runtime::WorkerGroup& group);

}  // namespace ferrotunnel::detail
