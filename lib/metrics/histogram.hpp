// Histogram of durations with fixed buckets.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "base/counter.hpp"

namespace ferrotunnel::metrics {

/// The contents of a histogram, summed up.
template <std::size_t n>
struct HistogramSums {
    std::array<std::uint64_t, n + 1> counts{};  // each bucket by itself; the last has durations beyond all bounds
    std::uint64_t nanoseconds = 0;

    void add(const HistogramSums& other) noexcept {
        for (std::size_t i = 0; i <= n; ++i) {
            counts[i] += other.counts[i];
        }
        nanoseconds += other.nanoseconds;
    }
};

/// Counts durations; one thread counts, any thread reads. `bounds`: ascending, in nanoseconds, each within its bucket.
template <std::size_t n, const std::array<std::int64_t, n>& bounds>
class Histogram {
public:
    using Sums = HistogramSums<n>;
    static constexpr const std::array<std::int64_t, n>& limits = bounds;

    void count(Duration took) noexcept {
        const std::int64_t nanoseconds = std::chrono::nanoseconds(took).count();
        std::size_t bucket = 0;
        while (bucket < n && nanoseconds > bounds[bucket]) {
            ++bucket;
        }
        counts_[bucket].add(1);
        nanoseconds_.add(nanoseconds > 0 ? static_cast<std::uint64_t>(nanoseconds) : 0);
    }
    void add_to(Sums& sums) const noexcept {
        for (std::size_t i = 0; i <= n; ++i) {
            sums.counts[i] += counts_[i].load();
        }
        sums.nanoseconds += nanoseconds_.load();
    }

private:
    std::array<Counter, n + 1> counts_;
    Counter nanoseconds_;
};

/// For requests: a millisecond to ten seconds. Few enough to keep a service's series below forty.
inline constexpr std::array<std::int64_t, 12> request_bounds{1'000'000,   2'500'000,     5'000'000,     10'000'000,
                                                             25'000'000,  50'000'000,    100'000'000,   250'000'000,
                                                             500'000'000, 1'000'000'000, 2'500'000'000, 10'000'000'000};
using RequestTimes = Histogram<request_bounds.size(), request_bounds>;

/// For work of a thread: ten microseconds to a second.
inline constexpr std::array<std::int64_t, 10> work_bounds{
    10'000, 30'000, 100'000, 300'000, 1'000'000, 3'000'000, 10'000'000, 30'000'000, 100'000'000, 1'000'000'000};
using WorkTimes = Histogram<work_bounds.size(), work_bounds>;

}  // namespace ferrotunnel::metrics
