// What one session's data takes of memory, counted where it is taken and given back.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::buffer {

/// Counts the real bytes of the slabs that one session's data pins, and of what its queues need to hold them, whichever
/// thread releases them. It is written once for a slab or a segment, not for each payload.
class SlabLedger final : public RefCounted {
public:
    std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
    void add(std::uint64_t n) noexcept { bytes_.fetch_add(n, std::memory_order_relaxed); }
    void subtract(std::uint64_t n) noexcept { bytes_.fetch_sub(n, std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> bytes_{0};
};

/// What an allocator adds to a block, about: its own header, and rounding.
inline constexpr std::uint32_t allocation_overhead = 16;

}  // namespace ferrotunnel::buffer
