#include "buffer/slab.hpp"

#include <cstring>
#include <new>

#include "base/check.hpp"

namespace ferrotunnel::buffer {

// The part of a pool that slabs point to. It lives until the pool is gone and every slab has come home.
//
// The return stack's head is null, a list of slabs, or `closed` once the pool is gone: a slab that meets `closed` is
// freed by whoever released it. `alive_` counts the pool itself and every slab that exists; the last one frees the home.
class SlabHome {
public:
    static thread_local SlabHome* current;

    Slab* pop() noexcept {
        if (free_ == nullptr) {
            collect();
        }
        if (free_ == nullptr) {
            return nullptr;
        }
        --free_count_;
        return std::exchange(free_, free_->next_);
    }

    Slab* make() {
        Slab* slab = Slab::allocate(this, slab_bytes);
        alive_.fetch_add(1, std::memory_order_relaxed);
        return slab;
    }

    void take_back(Slab* slab) noexcept {
        in_use_.fetch_sub(1, std::memory_order_relaxed);
        if (current == this) {
            keep(slab);
            return;
        }
        Slab* head = returned_.load(std::memory_order_acquire);
        do {
            if (head == closed()) {
                discard(slab);
                return;
            }
            slab->next_ = head;
        } while (!returned_.compare_exchange_weak(head, slab, std::memory_order_acq_rel, std::memory_order_acquire));
    }

    void collect() noexcept { keep_all(returned_.exchange(nullptr, std::memory_order_acq_rel)); }

    void trim() noexcept {
        collect();
        while (free_ != nullptr) {
            discard(std::exchange(free_, free_->next_));
        }
        free_count_ = 0;
    }

    void close() noexcept {
        Slab* rest = returned_.exchange(closed(), std::memory_order_acq_rel);
        while (rest != nullptr) {
            discard(std::exchange(rest, rest->next_));
        }
        while (free_ != nullptr) {
            discard(std::exchange(free_, free_->next_));
        }
        drop_alive();
    }

    std::atomic<std::size_t> in_use_{0};

private:
    static Slab* closed() noexcept { return reinterpret_cast<Slab*>(std::uintptr_t{1}); }

    void keep(Slab* slab) noexcept {
        if (free_count_ == SlabPool::free_max) {
            discard(slab);
            return;
        }
        slab->next_ = free_;
        free_ = slab;
        ++free_count_;
    }
    void keep_all(Slab* list) noexcept {
        while (list != nullptr) {
            keep(std::exchange(list, list->next_));
        }
    }
    void discard(Slab* slab) noexcept {
        Slab::destroy(slab);
        drop_alive();
    }
    void drop_alive() noexcept {
        if (alive_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

    Slab* free_ = nullptr;
    std::size_t free_count_ = 0;
    std::atomic<Slab*> returned_{nullptr};
    std::atomic<std::size_t> alive_{1};
};

thread_local SlabHome* SlabHome::current = nullptr;

Slab* Slab::allocate(SlabHome* home, std::uint32_t capacity) {
    void* memory = ::operator new(sizeof(Slab) + capacity);
    return new (memory) Slab(home, capacity);
}

void Slab::destroy(Slab* slab) noexcept {
    slab->~Slab();
    ::operator delete(slab);
}

void Slab::charge(SlabLedger* ledger) noexcept {
    ledger_ = ledger;
    if (ledger != nullptr) {
        ledger->add_ref();
        ledger->add(capacity_);
    }
}

void Slab::go_home() noexcept {
    if (ledger_ != nullptr) {
        ledger_->subtract(capacity_);
        std::exchange(ledger_, nullptr)->release();
    }
    if (home_ == nullptr) {
        destroy(this);
    } else {
        home_->take_back(this);
    }
}

SlabPtr make_slab(std::uint32_t capacity, SlabLedger* ledger) {
    Slab* slab = Slab::allocate(nullptr, capacity);
    slab->charge(ledger);
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
    slab->charge(ledger);
    home_->in_use_.fetch_add(1, std::memory_order_relaxed);
    return SlabPtr::adopt(slab);
}

std::size_t SlabPool::in_use() const noexcept {
    return home_->in_use_.load(std::memory_order_relaxed);
}

void SlabPool::trim() noexcept {
    home_->trim();
}

SlabPool::Scope::Scope(SlabPool& pool) noexcept : previous_(std::exchange(SlabHome::current, pool.home_)) {}

SlabPool::Scope::~Scope() {
    SlabHome::current = previous_;
}

Slice Slice::copy_of(Bytes bytes, SlabLedger* ledger) {
    auto length = static_cast<std::uint32_t>(bytes.size());
    SlabPtr slab = make_slab(length, ledger);
    if (length != 0) {
        std::memcpy(slab->data(), bytes.data(), length);
    }
    return {std::move(slab), 0, length};
}

}  // namespace ferrotunnel::buffer
