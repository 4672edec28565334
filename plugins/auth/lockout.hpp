// Who has guessed too often: a user's name together with the address that guesses, so that nobody can lock out a user
// who comes from elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "common/expiring_cache.hpp"

namespace ferrotunnel::plugins {

/// Any thread.
class Lockout {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t pairs_max = 16'384;

    /// After `failures` (0: never) within `duration`, a pair is locked out for `duration`.
    Lockout(std::size_t failures, std::chrono::seconds duration) : failures_(failures), duration_(duration) {}

    /// What user and address are called together. An IPv6 address counts as its /64, since a host has all of it.
    static std::string pair_of(std::string_view user, std::string_view address);

    /// How long the pair is locked out yet, in full seconds and at least 1; 0: it is not.
    std::chrono::seconds left(std::string_view user, std::string_view address, Time now);
    /// How many passwords more the pair may be wrong with before it is locked out.
    std::size_t guesses_left(const std::string& pair, Time now);
    void failed(std::string_view user, std::string_view address, Time now);
    /// Forgets what the pair has failed at.
    void succeeded(std::string_view user, std::string_view address);
    /// Whether it was made with these numbers.
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
