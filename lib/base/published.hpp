// A value that many threads read and that is replaced as a whole, so that nobody sees half of a change.
#pragma once

#include <mutex>
#include <utility>

namespace ferrotunnel {

/// Any thread. `T` is cheap to copy: a few numbers, or a shared_ptr to what never changes.
template <typename T>
class Published {
public:
    Published() = default;
    explicit Published(T value) : value_(std::move(value)) {}
    Published& operator=(T value) {
        const std::lock_guard lock(mutex_);
        std::swap(value_, value);
        return *this;
    }

    T get() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }

private:
    mutable std::mutex mutex_;
    T value_{};
};

}  // namespace ferrotunnel
