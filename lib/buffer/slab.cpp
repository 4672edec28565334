#include "buffer/slab.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.hpp"
#include "base/counter.hpp"
#include "buffer/spare_memory.hpp"

namespace ferrotunnel::buffer {

namespace {

// Sizes, header included, of small slabs whose memory is kept per thread: heads and copied messages have a few sizes
// only, and every request needs one.
constexpr std::uint32_t small_bytes = 128;
constexpr std::uint32_t medium_bytes = 512;
constexpr std::uint32_t large_bytes = 1'536;

// Larger sizes are not rounded: the usual slab, a pool's, is the largest.
constexpr std::uint32_t rounded_up(std::uint32_t bytes) {
    return bytes > large_bytes    ? bytes
           : bytes > medium_bytes ? large_bytes
           : bytes > small_bytes  ? medium_bytes
                                  : small_bytes;
}

struct Memory {
    void* place;
    std::uint32_t bytes;  // rounded as by rounded_up()
};

Memory take_memory(std::uint32_t bytes) {
    return bytes > large_bytes    ? Memory{::operator new(bytes), bytes}
           : bytes > medium_bytes ? Memory{SpareMemory<large_bytes>::take(), large_bytes}
           : bytes > small_bytes  ? Memory{SpareMemory<medium_bytes>::take(), medium_bytes}
                                  : Memory{SpareMemory<small_bytes>::take(), small_bytes};
}

void keep_memory(void* memory, std::uint32_t bytes) noexcept {
    if (bytes == small_bytes) {
        SpareMemory<small_bytes>::keep(memory);
    } else if (bytes == medium_bytes) {
        SpareMemory<medium_bytes>::keep(memory);
    } else if (bytes == large_bytes) {
        SpareMemory<large_bytes>::keep(memory);
    } else {
        ::operator delete(memory);
    }
}

}  // namespace

// The part of a pool that slabs point to. It lives until the pool is destroyed and every slab was returned.
//
// The return stack's head is null, a list of slabs, or `closed` once the pool is destroyed: a slab released after
// `closed` is freed by the releasing thread. A thread that has pushed a slab must not touch the home again, since only
// the slab kept it alive. `alive_` counts the pool itself, its scopes and every slab that exists; the last of them
// frees the home. Scopes are counted so that `current` never matches another pool that happens to get the same address.
class SlabHome {
public:
    static constinit thread_local SlabHome* current;

    Slab* pop() noexcept {
        if (free_ == nullptr) {
            collect();
        }
        if (free_ == nullptr) {
            return nullptr;
        }
        free_count_.subtract(1);
        return std::exchange(free_, free_->next_);
    }

    Slab* make() {
        Slab* slab = Slab::allocate(this, slab_bytes);
        slabs_.fetch_add(1, std::memory_order_relaxed);
        add_alive();
        return slab;
    }

    void take_back(Slab* slab) noexcept {
        if (current == this) {
            keep(slab);
            return;
        }
        // Counted before the slab is pushed: afterwards the home may be freed.
        if (returned_count_.fetch_add(1, std::memory_order_relaxed) >= SlabPool::free_max) {
            returned_count_.fetch_sub(1, std::memory_order_relaxed);
            discard(slab);
            return;
        }
        Slab* head = returned_.load(std::memory_order_relaxed);
        do {
            if (head == closed()) {
                discard(slab);
                return;
            }
            slab->next_ = head;
        } while (!returned_.compare_exchange_weak(head, slab, std::memory_order_release, std::memory_order_relaxed));
    }

    void collect() noexcept {
        if (returned_.load(std::memory_order_relaxed) == nullptr) {
            return;
        }
        Slab* list = returned_.exchange(nullptr, std::memory_order_acquire);
        std::size_t count = 0;
        while (list != nullptr) {
            keep(std::exchange(list, list->next_));
            ++count;
        }
        returned_count_.fetch_sub(count, std::memory_order_relaxed);
    }

    void trim() noexcept {
        collect();
        free_all();
    }

    void close() noexcept {
        closed_ = true;
        Slab* rest = returned_.exchange(closed(), std::memory_order_acquire);
        while (rest != nullptr) {
            discard(std::exchange(rest, rest->next_));
        }
        free_all();
        drop_alive();
    }

    std::size_t cached() const noexcept { return free_count_.load() + returned_count_.load(std::memory_order_relaxed); }

    void add_alive() noexcept { alive_.fetch_add(1, std::memory_order_relaxed); }
    void drop_alive() noexcept {
        if (alive_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

    // Taking a slab and giving it back changes only the number of free slabs, which has one writer.
    std::size_t in_use() const noexcept {
        const std::size_t all = slabs_.load(std::memory_order_relaxed);
        return all - std::min(all, cached());
    }

private:
    static Slab* closed() noexcept { return reinterpret_cast<Slab*>(std::uintptr_t{1}); }

    void keep(Slab* slab) noexcept {
        if (closed_ || free_count_.load() == SlabPool::free_max) {
            discard(slab);
            return;
        }
        slab->next_ = free_;
        free_ = slab;
        free_count_.add(1);
    }
    void discard(Slab* slab) noexcept {
        Slab::destroy(slab);
        slabs_.fetch_sub(1, std::memory_order_relaxed);
        drop_alive();
    }
    void free_all() noexcept {
        while (free_ != nullptr) {
            discard(std::exchange(free_, free_->next_));
        }
        free_count_.set(0);
    }

    // For the owner only.
    Slab* free_ = nullptr;
    Counter free_count_;
    bool closed_ = false;

    // For any thread.
    std::atomic<Slab*> returned_{nullptr};
    std::atomic<std::size_t> returned_count_{0};
    std::atomic<std::size_t> slabs_{0};  // all that exist
    std::atomic<std::size_t> alive_{1};
};

constinit thread_local SlabHome* SlabHome::current = nullptr;

std::uint32_t slab_footprint(std::uint32_t capacity) noexcept {
    return rounded_up(sizeof(Slab) + capacity) + allocation_overhead;
}

Slab* Slab::allocate(SlabHome* home, std::uint32_t capacity) {
    check(capacity <= slab_capacity_max, "a slab has at most 1 GiB");
    const Memory memory = take_memory(sizeof(Slab) + capacity);
    return new (memory.place) Slab(home, capacity, memory.bytes + allocation_overhead);
}

void Slab::destroy(Slab* slab) noexcept {
    const std::uint32_t bytes = slab->footprint_ - allocation_overhead;
    slab->~Slab();
    keep_memory(slab, bytes);
}

void Slab::return_to_pool() noexcept {
    if (ledger_ != nullptr) {
        std::exchange(ledger_, nullptr)->subtract(footprint_);
    }
    if (home_ == nullptr) {
        destroy(this);
    } else {
        home_->take_back(this);
    }
}

SlabPtr make_slab(std::uint32_t capacity, SlabLedger* ledger) {
    Slab* slab = Slab::allocate(nullptr, capacity);
    if (ledger != nullptr) {
        slab->charge_to(*ledger);
    }
    return SlabPtr::adopt(slab);
}

SlabPool::SlabPool() : home_(new SlabHome) {}

SlabPool::~SlabPool() {
    home_->close();
}

SlabPtr SlabPool::acquire(SlabLedger* ledger) {
    Slab* slab = home_->pop();
    if (slab == nullptr) {
        slab = home_->make();
    }
    slab->refs_.store(1, std::memory_order_relaxed);
    if (ledger != nullptr) {
        slab->charge_to(*ledger);
    }
    return SlabPtr::adopt(slab);
}

std::size_t SlabPool::in_use() const noexcept {
    return home_->in_use();
}

std::size_t SlabPool::cached() const noexcept {
    return home_->cached();
}

void SlabPool::trim() noexcept {
    home_->trim();
}

SlabPool::Scope::Scope(SlabPool& pool) noexcept
    : home_(pool.home_), previous_(std::exchange(SlabHome::current, pool.home_)) {
    if (home_ != previous_) {  // otherwise the outer scope keeps the home alive
        home_->add_alive();
    }
}

SlabPool::Scope::~Scope() {
    SlabHome::current = previous_;
    if (home_ != previous_) {
        home_->drop_alive();
    }
}

Slice Slice::copy_of(Bytes bytes, SlabLedger* ledger) {
    check(bytes.size() <= slab_capacity_max, "a slab has at most 1 GiB");
    auto length = static_cast<std::uint32_t>(bytes.size());
    SlabPtr slab = make_slab(length, ledger);
    if (length != 0) {
        std::memcpy(slab->data(), bytes.data(), length);
    }
    return {std::move(slab), 0, length};
}

}  // namespace ferrotunnel::buffer
