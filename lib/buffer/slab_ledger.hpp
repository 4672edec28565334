// Memory accounting of one session's data.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferrotunnel::buffer {

/// Counts the real bytes of the slabs that one session's data pins, and of the queue segments needed to hold them,
/// whichever thread releases them. It is written once for each slab or segment, not for each payload.
///
/// It is used through IntrusivePtr. A charge keeps the ledger alive as a pointer does, and both are counted in one
/// word, so a slab needs no reference besides its charge. At most 65,535 pointers and 256 TiB.
class SlabLedger {
public:
    SlabLedger() = default;
    SlabLedger(const SlabLedger&) = delete;
    SlabLedger& operator=(const SlabLedger&) = delete;

    std::uint64_t bytes() const noexcept { return word_.load(std::memory_order_relaxed) >> pointer_bits; }
    void add(std::uint64_t n) noexcept { word_.fetch_add(n << pointer_bits, std::memory_order_relaxed); }
    void subtract(std::uint64_t n) noexcept { take_off(n << pointer_bits); }

    void add_ref() noexcept { word_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept { take_off(1); }

private:
    static constexpr unsigned pointer_bits = 16;

    ~SlabLedger() = default;
    void take_off(std::uint64_t what) noexcept {
        if (word_.fetch_sub(what, std::memory_order_acq_rel) == what) {
            delete this;
        }
    }

    std::atomic<std::uint64_t> word_{1};  // bytes, and below them the number of pointers
};

/// Approximate overhead of an allocated block: the allocator's header, and rounding.
inline constexpr std::uint32_t allocation_overhead = 16;

}  // namespace ferrotunnel::buffer
