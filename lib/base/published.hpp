// A value that many threads read and that is replaced atomically.
#pragma once

#include <utility>

#include "base/mutex.hpp"

namespace ferrotunnel {

/// Thread-safe. `T` should be cheap to copy: a few numbers, or a shared_ptr to immutable data.
template <typename T>
class Published {
public:
    Published() = default;
    explicit Published(T value) : value_(std::move(value)) {}
    Published& operator=(T value) {
        const MutexLock lock(mutex_);
        std::swap(value_, value);
        return *this;
    }

    T get() const {
        const MutexLock lock(mutex_);
        return value_;
    }

private:
    mutable Mutex mutex_;
    T value_ GUARDED_BY(mutex_){};
};

}  // namespace ferrotunnel
