// What has come of an instance, counted by all workers at once: each thread has a line of memory that it seldom shares,
// so that counting costs a hot path no wait for another processor.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::plugin {

/// What is counted; ferrotunnel::PluginCounts says what each means.
enum class Count : std::uint8_t { asked, answered, edits, bodies, waits, failures, late, slow };

class InstanceCounts {
public:
    static constexpr std::size_t kinds = 8;

    /// Any thread.
    void add(Count what) noexcept {
        lines_[line_of_this_thread()].of[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
    }
    /// Over all threads; what they count meanwhile may be in it or not.
    std::uint64_t sum(Count what) const noexcept {
        std::uint64_t all = 0;
        for (const Line& line : lines_) {
            all += line.of[static_cast<std::size_t>(what)].load(std::memory_order_relaxed);
        }
        return all;
    }

private:
    static constexpr std::size_t lines = 16;  // 1 KiB for each instance; with more workers some share one
    struct alignas(64) Line {
        std::array<std::atomic<std::uint64_t>, kinds> of{};
    };

    static std::size_t line_of_this_thread() noexcept {
        static std::atomic<std::size_t> threads{0};
        thread_local const std::size_t line = threads.fetch_add(1, std::memory_order_relaxed) % lines;
        return line;
    }

    std::array<Line, lines> lines_{};
};

}  // namespace ferrotunnel::plugin
