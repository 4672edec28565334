// A value that the application replaces while it is in use (docs/architecture/credentials.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"

namespace ferrotunnel::transport {

/// Thread-safe. Held by shared pointers.
template <typename T>
class Live {
public:
    using Value = std::shared_ptr<const T>;

    /// Functions that replace() calls, in its thread. They must not begin or end users.
    struct User {
        /// Why this place cannot use the next value; empty if it can.
        std::function<std::string(const T& next)> fault{};
        /// The value was replaced. Must not throw.
        std::function<void()> changed{};
    };

    /// Takes part until it is destroyed, which waits for a replacement in progress.
    class Use {
    public:
        Use(std::shared_ptr<Live> of, User user) : of_(std::move(of)), user_(std::make_unique<User>(std::move(user))) {
            const MutexLock lock(of_->using_);
            of_->users_.push_back(user_.get());
        }
        ~Use() {
            if (of_) {
                const MutexLock lock(of_->using_);
                std::erase(of_->users_, user_.get());
            }
        }
        Use(Use&&) noexcept = default;
        Use& operator=(Use&&) = delete;

    private:
        std::shared_ptr<Live> of_;
        std::unique_ptr<User> user_;
    };

    explicit Live(Value value) : value_(std::move(value)) {}
    Live(const Live&) = delete;
    Live& operator=(const Live&) = delete;

    Value current() const {
        const MutexLock lock(mutex_);
        return value_;
    }

    /// Increases with each replacement, after that. Whoever needs it together with the value reads it first: the value
    /// is never older.
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

    /// Returns why the value was not replaced; empty: it was.
    std::string replace(Value next) {
        const MutexLock lock(using_);
        for (const User* user : users_) {
            if (std::string fault = user->fault ? user->fault(*next) : std::string(); !fault.empty()) {
                return fault;
            }
        }
        {
            const MutexLock swap(mutex_);
            value_.swap(next);
        }
        version_.fetch_add(1, std::memory_order_release);
        for (const User* user : users_) {
            if (user->changed) {
                user->changed();
            }
        }
        return {};
    }

private:
    Mutex using_;  // held during a replacement; acquired first
    std::vector<const User*> users_ GUARDED_BY(using_);
    mutable Mutex mutex_;  // held only to copy a pointer
    Value value_ GUARDED_BY(mutex_);
    std::atomic<std::uint64_t> version_{1};
};

}  // namespace ferrotunnel::transport
