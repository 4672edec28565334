// A bounded number of permits, each of which counts until it is destroyed.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace ferrotunnel {

/// A permit. It may outlive its Permits, and be destroyed on any thread.
class Permit {
public:
    using Counter = std::atomic<std::size_t>;

    explicit Permit(std::shared_ptr<Counter> counter) noexcept
        : counter_(std::move(counter)), before_(counter_->fetch_add(1, std::memory_order_relaxed)) {}
    Permit(Permit&&) noexcept = default;
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
        if (counter_) {
            counter_->fetch_sub(1, std::memory_order_relaxed);
        }
    }

    /// The number of permits when this one was added.
    std::size_t before() const noexcept { return before_; }

private:
    std::shared_ptr<Counter> counter_;  // null: moved from
    std::size_t before_;
};

using PermitPtr = std::shared_ptr<const Permit>;  // null: none

/// Grants at most `most` permits at a time. Thread-safe.
class Permits {
public:
    explicit Permits(std::size_t most) : most_(most) {}

    /// Returns null if all are in use.
    PermitPtr acquire() const {
        Permit permit(counter_);
        return permit.before() < most_ ? std::make_shared<const Permit>(std::move(permit)) : nullptr;
    }

private:
    const std::size_t most_;
    const std::shared_ptr<Permit::Counter> counter_ = std::make_shared<Permit::Counter>(0);
};

}  // namespace ferrotunnel
