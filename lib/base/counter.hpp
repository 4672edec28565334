// A number that one thread changes while any thread may look at it: no locked instruction, no shared line to wait for.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferrotunnel {

/// The writing may move to another thread where the move is ordered by the caller. What a reader sees is a value that
/// was true at some time, never an older one than it has seen before.
class Counter {
public:
    void add(std::uint64_t n) noexcept { value_.store(load() + n, std::memory_order_relaxed); }
    void subtract(std::uint64_t n) noexcept { value_.store(load() - n, std::memory_order_relaxed); }
    void set(std::uint64_t to) noexcept { value_.store(to, std::memory_order_relaxed); }
    std::uint64_t load() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

}  // namespace ferrotunnel
