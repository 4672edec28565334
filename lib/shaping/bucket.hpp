// A rate limit in bytes per second, shared by threads: a clock of bytes, and how much of it was taken.
//
//                      taken                     the clock, which continues at the rate
//     ----------+--------+------------------------+---------> bytes
//               |        '- taking n bytes returns this position; the next one begins n bytes later
//               '- a bucket that was idle has this much left to take at once (`burst`)
//
// A position may be ahead of the clock: its bytes pass when the clock reaches it. So waiting lanes form one queue
// across all threads, which no thread has to manage.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace ferrotunnel::shaping {

/// Limits of a rate. At the highest the clock runs for two years.
inline constexpr std::uint64_t rate_min = 1024;
inline constexpr std::uint64_t rate_max = std::uint64_t{100} * 1024 * 1024 * 1024;

class Bucket {
public:
    Bucket() = default;
    Bucket(const Bucket&) = delete;
    Bucket& operator=(const Bucket&) = delete;

    /// Changes the rate; 0: no limit. Waiting lanes keep their positions. One thread at a time; everything else any
    /// thread.
    void set_rate(std::uint64_t bytes_per_second, TimePoint now) noexcept;
    std::uint64_t rate() const noexcept { return rate_.load(std::memory_order_relaxed); }

    /// Takes bytes, and returns their position. Only if there is a rate.
    std::int64_t take(std::size_t bytes, TimePoint now) noexcept;
    /// Returns bytes that were taken and have not passed.
    void give_back(std::size_t bytes) noexcept { taken_.fetch_sub(signed_of(bytes), std::memory_order_relaxed); }
    /// When the clock reaches a position, at the present rate; the beginning of time if there is none.
    TimePoint time_of(std::int64_t position) const noexcept;

    /// Counts a waiting lane.
    void begin_waiting() noexcept { waiting_.fetch_add(1, std::memory_order_relaxed); }
    void end_waiting() noexcept { waiting_.fetch_sub(1, std::memory_order_relaxed); }
    std::uint32_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }
    /// How much to take at a time, so that every waiting lane has a turn each quarter of a second.
    std::size_t quantum() const noexcept;

private:
    struct Pace {
        std::uint64_t rate = 0;
        std::int64_t bytes = 0;  // the clock's value
        TimePoint since{};       // at this time
    };

    static std::int64_t signed_of(std::size_t bytes) noexcept { return static_cast<std::int64_t>(bytes); }
    static std::int64_t burst_of(std::uint64_t rate) noexcept;
    static std::int64_t clock_of(const Pace& pace, TimePoint now) noexcept;
    Pace pace() const noexcept;

    // The pace is written and read in parts: the version is odd while it is written, and another one afterwards.
    std::atomic<std::uint32_t> version_{0};
    std::atomic<std::uint32_t> waiting_{0};
    std::atomic<std::uint64_t> rate_{0};
    std::atomic<std::int64_t> bytes_{0};
    std::atomic<Duration::rep> since_{0};
    std::atomic<std::int64_t> taken_{0};
};

}  // namespace ferrotunnel::shaping
