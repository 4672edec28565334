// A rate in bytes per second, shared by threads: a clock of bytes, and how much of it was taken.
//
//                      taken                     the clock, which continues at the rate
//     ----------+--------+------------------------+---------> bytes
//               |        '- whoever takes n bytes gets this position; the next one begins n bytes later
//               '- a bucket that was idle has this much left to take at once (`burst`)
//
// A position may be ahead of the clock: its bytes pass when the clock has come there. So those who wait stand in one
// line, whatever threads they are on, and no thread knows it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace ferrotunnel::shaping {

/// The bounds of a rate. At the highest the clock runs for two years.
inline constexpr std::uint64_t rate_min = 1024;
inline constexpr std::uint64_t rate_max = std::uint64_t{100} * 1024 * 1024 * 1024;

class Bucket {
public:
    Bucket() = default;
    Bucket(const Bucket&) = delete;
    Bucket& operator=(const Bucket&) = delete;

    /// Changes the rate; 0: there is none, and everything passes. Those who wait keep their positions. One thread at a
    /// time; everything else any thread.
    void set_rate(std::uint64_t bytes_per_second, TimePoint now) noexcept;
    std::uint64_t rate() const noexcept { return rate_.load(std::memory_order_relaxed); }

    /// Takes bytes, and says where they begin. Only where there is a rate.
    std::int64_t take(std::size_t bytes, TimePoint now) noexcept;
    /// Gives back what was taken and has not passed.
    void give_back(std::size_t bytes) noexcept { taken_.fetch_sub(signed_of(bytes), std::memory_order_relaxed); }
    /// When the clock comes to a position, as the rate is now; the beginning of time if there is none.
    TimePoint time_of(std::int64_t position) const noexcept;

    /// Counts those who wait.
    void begin_waiting() noexcept { waiting_.fetch_add(1, std::memory_order_relaxed); }
    void end_waiting() noexcept { waiting_.fetch_sub(1, std::memory_order_relaxed); }
    std::uint32_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }
    /// How much one should take at a time, so that all who wait have a turn every quarter of a second.
    std::size_t quantum() const noexcept;

private:
    struct Pace {
        std::uint64_t rate = 0;
        std::int64_t bytes = 0;  // what the clock said
        TimePoint since{};       // then
    };

    static std::int64_t signed_of(std::size_t bytes) noexcept { return static_cast<std::int64_t>(bytes); }
    static std::int64_t burst_of(std::uint64_t rate) noexcept;
    static std::int64_t clock_of(const Pace& pace, TimePoint now) noexcept;
    Pace pace() const noexcept;

    // The pace is written and read in parts: the version is odd while somebody writes, and another one afterwards.
    std::atomic<std::uint32_t> version_{0};
    std::atomic<std::uint32_t> waiting_{0};
    std::atomic<std::uint64_t> rate_{0};
    std::atomic<std::int64_t> bytes_{0};
    std::atomic<Duration::rep> since_{0};
    std::atomic<std::int64_t> taken_{0};
};

}  // namespace ferrotunnel::shaping
