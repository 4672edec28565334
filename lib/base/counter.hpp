// A counter that one thread changes while any thread may read it, without a locked instruction and without waiting for
// a shared cache line.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferrotunnel {

/// Another thread may become the writer if the caller synchronizes the change. A reader gets a value that was true at
/// some time, and never an older one than before.
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
