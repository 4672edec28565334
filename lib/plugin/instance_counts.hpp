// Counters of an instance for all workers: each thread has its own cache line, rarely shared, so that counting does not
// wait for other processors.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.hpp"

namespace ferrotunnel::plugin {

/// The counters; ferrotunnel::PluginCounts describes them.
enum class Count : std::uint8_t { asked, answered, edits, bodies, waits, failures, late, slow };

/// The hooks whose time is counted.
enum class HookKind : std::uint8_t { request, response, body, close, login, registration, connect, visit_close, token };

/// The name in logs, metrics and an application's `PluginHookTime`.
constexpr std::string_view name_of(HookKind hook) noexcept {
    constexpr std::string_view names[] = {"request",  "response", "body",        "close", "login",
                                          "register", "connect",  "visit_close", "token"};
    return names[static_cast<std::size_t>(hook)];
}

class InstanceCounts {
public:
    static constexpr std::size_t kinds = 8;
    static constexpr std::size_t hooks = 9;

    /// The number of a hook's calls, and their total time.
    struct Time {
        std::uint64_t calls = 0;
        std::uint64_t nanoseconds = 0;
    };

    /// Thread-safe.
    void add_time(HookKind hook, Duration took) noexcept {
        Shard& line = shards_[shard_of_this_thread()];
        line.calls[static_cast<std::size_t>(hook)].fetch_add(1, std::memory_order_relaxed);
        line.nanoseconds[static_cast<std::size_t>(hook)].fetch_add(
            static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count()), std::memory_order_relaxed);
    }
    /// The sum over all threads, like sum().
    Time time(HookKind hook) const noexcept {
        Time all;
        for (const Shard& line : shards_) {
            all.calls += line.calls[static_cast<std::size_t>(hook)].load(std::memory_order_relaxed);
            all.nanoseconds += line.nanoseconds[static_cast<std::size_t>(hook)].load(std::memory_order_relaxed);
        }
        return all;
    }

    /// Thread-safe.
    void add(Count what) noexcept {
        shards_[shard_of_this_thread()].of[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
    }
    /// The sum over all threads; concurrent counts may be missing.
    std::uint64_t sum(Count what) const noexcept {
        std::uint64_t all = 0;
        for (const Shard& line : shards_) {
            all += line.of[static_cast<std::size_t>(what)].load(std::memory_order_relaxed);
        }
        return all;
    }

private:
    static constexpr std::size_t shard_count = 16;  // 4 KiB for each instance; with more workers some share a line
    struct alignas(64) Shard {
        std::array<std::atomic<std::uint64_t>, kinds> of{};
        std::array<std::atomic<std::uint64_t>, hooks> calls{};
        std::array<std::atomic<std::uint64_t>, hooks> nanoseconds{};
    };

    static std::size_t shard_of_this_thread() noexcept {
        static std::atomic<std::size_t> threads{0};
        thread_local const std::size_t line = threads.fetch_add(1, std::memory_order_relaxed) % shard_count;
        return line;
    }

    std::array<Shard, shard_count> shards_{};
};

}  // namespace ferrotunnel::plugin
