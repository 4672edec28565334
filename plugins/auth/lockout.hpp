// Locks out a user's name together with an address after too many wrong passwords, so that nobody can lock out a user
// at another address.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "common/expiring_cache.hpp"

namespace ferrotunnel::plugins {

/// Thread-safe.
class Lockout {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t pairs_max = 16'384;

    /// After `failures` (0: never) within `duration`, a pair is locked out for `duration`.
    Lockout(std::size_t failures, std::chrono::seconds duration) : failures_(failures), duration_(duration) {}

    /// The key of user and address. An IPv6 address counts as its /64, which a host owns as a whole.
    static std::string pair_of(std::string_view user, std::string_view address);

    /// How long the pair is still locked out, in full seconds and at least 1; 0 if it is not.
    std::chrono::seconds left(std::string_view user, std::string_view address, Time now);
    /// How many more wrong passwords lock the pair out.
    std::size_t guesses_left(const std::string& pair, Time now);
    void failed(std::string_view user, std::string_view address, Time now);
    /// Forgets the failures of the pair.
    void succeeded(std::string_view user, std::string_view address);
    /// Whether this object was made with these values.
    bool has(std::size_t failures, std::chrono::seconds duration) const noexcept {
        return failures_ == failures && duration_ == duration;
    }

private:
    struct Guesses {
        std::size_t count = 0;
        bool is_locked = false;
        Time until{};
    };

    const std::size_t failures_;
    const std::chrono::seconds duration_;
    std::mutex mutex_;  // guards pairs_
    ExpiringCache<std::string, Guesses> pairs_{pairs_max};
};

}  // namespace ferrotunnel::plugins
