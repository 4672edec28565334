// The shared memory limit of an instance's encoders.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace ferrotunnel::plugins {

/// Thread-safe.
class MemoryBudget {
public:
    explicit MemoryBudget(std::size_t bytes) noexcept : left_(bytes) {}
    std::size_t left() const noexcept { return left_.load(std::memory_order_relaxed); }

    /// A part of the budget, returned on destruction. It may outlive the budget's owner.
    class Share {
    public:
        Share(Share&& other) noexcept : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
        Share& operator=(Share&&) = delete;
        ~Share() {
            if (budget_ != nullptr) {
                budget_->left_.fetch_add(bytes_, std::memory_order_relaxed);
            }
        }

    private:
        friend class MemoryBudget;
        Share(std::shared_ptr<MemoryBudget> budget, std::size_t bytes) noexcept
            : budget_(std::move(budget)), bytes_(bytes) {}

        std::shared_ptr<MemoryBudget> budget_;
        std::size_t bytes_;
    };
    /// Empty if not enough is left.
    static std::optional<Share> take(const std::shared_ptr<MemoryBudget>& budget, std::size_t bytes) noexcept {
        std::size_t left = budget->left_.load(std::memory_order_relaxed);
        do {
            if (left < bytes) {
                return std::nullopt;
            }
        } while (!budget->left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed));
        return Share(budget, bytes);
    }

private:
    std::atomic<std::size_t> left_;
};

}  // namespace ferrotunnel::plugins
