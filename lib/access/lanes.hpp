// Access log lines on their way from the workers to the writer thread.
//
//   worker 0 --put--> lane 0 --.
//   worker 1 --put--> lane 1 --+--take_all--> the writer
//
// A worker never waits for the disk: the writer holds a lane's lock only while it swaps the lane's text for an empty
// one. A full lane drops the line, and counts it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/mutex.hpp"

namespace ferrotunnel::access {

/// Lines of one worker, each complete with its end.
class Lane {
public:
    explicit Lane(std::size_t bytes_max) : bytes_max_(bytes_max) {}

private:
    friend class Lanes;

    const std::size_t bytes_max_;
    Mutex mutex_;
    std::string text_ GUARDED_BY(mutex_);
    std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
};

class Lanes {
public:
    Lanes(std::size_t workers, std::size_t bytes_max);
    Lanes(const Lanes&) = delete;
    Lanes& operator=(const Lanes&) = delete;

    /// A lane for another worker; if there are more workers than lanes, they share them. Thread-safe.
    Lane& assign_lane() noexcept;
    /// Puts a whole line into the lane. Thread-safe.
    void put(Lane& lane, std::string_view line) noexcept;
    /// Counts a line that could not be made.
    void drop(Lane& lane) noexcept;

    // --- the writer ---

    /// Moves all waiting lines to the end of `text`.
    void take_all(std::string& text);
    /// Number of lines dropped since the last call.
    std::uint64_t take_dropped() noexcept;
    /// Waits until there are lines, wake() is called, the time is over or `ending` is requested to stop.
    void wait(const std::stop_token& ending, std::chrono::milliseconds most);
    void wake() noexcept;

private:
    std::deque<Lane> lanes_;
    std::atomic<std::size_t> next_{0};
    std::atomic<bool> has_work_{false};
    Mutex mutex_;                        // only for the sleep
    std::condition_variable_any awake_;  // allowed: it waits for a stop, too
};

}  // namespace ferrotunnel::access
