// Slabs: blocks of memory for payload bytes, from the read that fills them to the write that sends them.
//
// A slab is reference counted. Slices of it travel through queues and threads; releasing the last reference returns it
// to the pool of the worker that made it. A release on another thread pushes it on the pool's return stack, without a
// lock or a wake: the owner checks it before it allocates.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.hpp"
#include "base/intrusive_ptr.hpp"
#include "base/units.hpp"
#include "buffer/slab_ledger.hpp"

namespace ferrotunnel::buffer {

inline constexpr std::uint32_t slab_bytes = 64_KiB;
inline constexpr std::uint32_t slab_capacity_max = 1'024 * 1_MiB;

class SlabHome;

/// The real memory of a slab of `capacity` bytes, with its header and the allocator's rounding. A ledger counts this,
/// since otherwise slabs of one byte would be almost free.
std::uint32_t slab_footprint(std::uint32_t capacity) noexcept;

/// The block itself. It is made by SlabPool or `make_slab`; its bytes follow the header in the same allocation.
class Slab {
public:
    std::uint8_t* data() noexcept { return reinterpret_cast<std::uint8_t*>(this + 1); }
    std::uint32_t capacity() const noexcept { return capacity_; }
    /// True if the caller's reference is the only one: then the bytes may be overwritten.
    bool unique() const noexcept { return refs_.load(std::memory_order_acquire) == 1; }
    /// Charges the slab to `ledger` until its last reference is released, unless a ledger counts it already. To be
    /// called by the thread that fills the slab, before another thread has a reference that it may charge too.
    void charge_to(SlabLedger& ledger) noexcept {
        if (ledger_ == nullptr) {
            ledger_ = &ledger;
            ledger.add(footprint_);
        }
    }

    void add_ref() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        // The last reference needs no locked instruction, since no other thread has one.
        if (unique() || refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            return_to_pool();
        }
    }

private:
    friend class SlabHome;
    friend class SlabPool;
    friend IntrusivePtr<Slab> make_slab(std::uint32_t, SlabLedger*);

    Slab(SlabHome* home, std::uint32_t capacity, std::uint32_t footprint) noexcept
        : capacity_(capacity), footprint_(footprint), home_(home) {}
    static Slab* allocate(SlabHome* home, std::uint32_t capacity);
    static void destroy(Slab* slab) noexcept;
    void return_to_pool() noexcept;

    std::atomic<std::uint32_t> refs_{1};
    const std::uint32_t capacity_;
    const std::uint32_t footprint_;
    SlabHome* home_;                // null if not pooled
    SlabLedger* ledger_ = nullptr;  // kept alive by the charge
    Slab* next_ = nullptr;
};

using SlabPtr = IntrusivePtr<Slab>;

/// A slab of exactly `capacity` bytes that belongs to no pool; for copies of small payloads.
SlabPtr make_slab(std::uint32_t capacity, SlabLedger* ledger = nullptr);

/// The pool of one worker. All members are for the owning thread, except `in_use()`. Slabs may outlive the pool: those
/// released afterwards are freed.
class SlabPool {
public:
    /// At most this many free slabs are kept (4 MiB), and at most as many again on the return stack, which a sleeping
    /// worker does not check; further ones are freed.
    static constexpr std::size_t free_max = 64;

    SlabPool();
    ~SlabPool();
    SlabPool(const SlabPool&) = delete;
    SlabPool& operator=(const SlabPool&) = delete;

    /// Returns a slab of `slab_bytes`, charged to `ledger` until its last reference is released. Throws std::bad_alloc.
    SlabPtr acquire(SlabLedger* ledger = nullptr);

    /// Number of slabs that are referenced now. Exact only while no thread releases any; for tests and stats.
    std::size_t in_use() const noexcept;

    /// Number of free slabs kept, including those on the return stack. Exact only while no thread releases any.
    std::size_t cached() const noexcept;

    /// Frees all cached slabs; for tests and for a worker that has become idle.
    void trim() noexcept;

    /// While a scope lives, releases on this thread are known to be the owner's: only one thread at a time may have
    /// scopes of a pool. Scopes may nest. The pool may be destroyed first.
    class Scope {
    public:
        explicit Scope(SlabPool& pool) noexcept;
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        SlabHome* home_;
        SlabHome* previous_;
    };

private:
    SlabHome* home_;
};

/// A range of bytes in a slab, with a reference to it. Move-only: sharing is explicit.
class Slice {
public:
    Slice() = default;
    Slice(SlabPtr slab, std::uint32_t offset, std::uint32_t length) noexcept
        : slab_(std::move(slab)), offset_(offset), length_(length) {}
    Slice(Slice&& other) noexcept
        : slab_(std::move(other.slab_)),
          offset_(std::exchange(other.offset_, 0)),
          length_(std::exchange(other.length_, 0)) {}
    Slice& operator=(Slice&& other) noexcept {
        slab_ = std::move(other.slab_);
        offset_ = std::exchange(other.offset_, 0);
        length_ = std::exchange(other.length_, 0);
        return *this;
    }
    Slice(const Slice&) = delete;
    Slice& operator=(const Slice&) = delete;

    /// Copies `bytes` into a new slab of exactly their size, at most slab_capacity_max.
    static Slice copy_of(Bytes bytes, SlabLedger* ledger = nullptr);

    std::uint8_t* data() const noexcept { return slab_->data() + offset_; }
    std::uint32_t size() const noexcept { return length_; }
    bool empty() const noexcept { return length_ == 0; }
    Bytes bytes() const noexcept { return slab_ ? Bytes{data(), length_} : Bytes{}; }
    std::uint32_t offset() const noexcept { return offset_; }
    const SlabPtr& slab() const noexcept { return slab_; }

    /// Cuts off the first `n` bytes as a slice of their own; this one keeps the rest.
    Slice take_front(std::uint32_t n) noexcept {
        Slice front(slab_, offset_, n);
        drop_front(n);
        return front;
    }
    void drop_front(std::uint32_t n) noexcept {
        offset_ += n;
        length_ -= n;
    }
    /// Another reference to the bytes [from, from + n).
    Slice share(std::uint32_t from, std::uint32_t n) const noexcept { return {slab_, offset_ + from, n}; }

private:
    SlabPtr slab_;
    std::uint32_t offset_ = 0;
    std::uint32_t length_ = 0;
};

}  // namespace ferrotunnel::buffer
