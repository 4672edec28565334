// One `T` for each thread that counts, created on first use.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/mutex.hpp"

namespace ferrotunnel::metrics {

/// Any thread may call the members; `T` defines the thread safety of its values.
template <typename T>
class PerWriter {
public:
    explicit PerWriter(std::size_t writers) : places_(writers) {}
    ~PerWriter() {
        for (const std::atomic<T*>& place : places_) {
            delete place.load(std::memory_order_acquire);
        }
    }
    PerWriter(const PerWriter&) = delete;
    PerWriter& operator=(const PerWriter&) = delete;

    /// The value of a writer; `writer` is below the number of writers.
    T& at(std::size_t writer) {
        if (T* there = places_[writer].load(std::memory_order_acquire)) {
            return *there;
        }
        const MutexLock lock(mutex_);
        if (T* there = places_[writer].load(std::memory_order_acquire)) {
            return *there;
        }
        auto made = std::make_unique<T>();
        places_[writer].store(made.get(), std::memory_order_release);
        return *made.release();
    }
    /// Calls `look(const T&)` for each existing value.
    template <typename Look>
    void for_each(Look look) const {
        for (const std::atomic<T*>& place : places_) {
            if (const T* there = place.load(std::memory_order_acquire)) {
                look(*there);
            }
        }
    }

private:
    std::vector<std::atomic<T*>> places_;
    Mutex mutex_;  // while a value is created
};

}  // namespace ferrotunnel::metrics
