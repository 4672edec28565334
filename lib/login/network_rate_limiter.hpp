// Rate limits for addresses and the networks around them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "base/token_bucket.hpp"
#include "login/address_networks.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::login {

/// Limits how often each address may connect: token buckets, kept while they are not full. For one thread, or under a
/// lock.
class AddressRateLimiter {
public:
    struct Settings {
        RateLimit limit{limits::logins_at_once_max, limits::logins_per_second_max};
        std::size_t addresses_max = limits::login_addresses_max;
    };

    AddressRateLimiter() : AddressRateLimiter(Settings{}) {}
    explicit AddressRateLimiter(const Settings& settings) : settings_(settings) {}

    /// Counts one connection; false if the address connects too often.
    bool take(const std::string& address, TimePoint now) {
        if (!may_take(address, now)) {
            return false;
        }
        const auto known = buckets_.find(address);
        if (known != buckets_.end()) {
            known->second.take(settings_.limit, now);
        } else if (has_room(now)) {
            buckets_[address].take(settings_.limit, now);
        }
        return true;
    }
    /// What `take` would return, without counting.
    bool may_take(const std::string& address, TimePoint now) const {
        const auto known = buckets_.find(address);
        return known == buckets_.end() || known->second.may_take(settings_.limit, now);
    }

    std::size_t addresses() const noexcept { return buckets_.size(); }

private:
    static constexpr Duration check_interval = std::chrono::milliseconds(100);

    // A full bucket need not be kept. At the maximum number of buckets they are searched only at intervals.
    bool has_room(TimePoint now) {
        if (buckets_.size() >= settings_.addresses_max && now >= looked_at_ + check_interval) {
            looked_at_ = now;
            std::erase_if(buckets_, [now](const auto& entry) { return entry.second.is_full(now); });
        }
        return buckets_.size() < settings_.addresses_max;
    }

    const Settings settings_;
    TimePoint looked_at_{};
    std::map<std::string, TokenBucket> buckets_;
};

/// Limits how often an address and the networks around it may connect; any thread.
class NetworkRateLimiter {
public:
    struct Settings {
        std::array<RateLimit, network_levels> levels;  // for one network of each (see AddressNetworks)

        /// Allows `per_second` for an address, twice as many for a home, five times as many for a block; and bursts of
        /// ten seconds' worth.
        static Settings of(std::uint32_t per_second) noexcept {
            return {{{{10 * per_second, per_second},
                      {20 * per_second, 2 * per_second},
                      {50 * per_second, 5 * per_second}}}};
        }
    };

    explicit NetworkRateLimiter(const Settings& settings)
        : limiters_{limiter(settings.levels[0]), limiter(settings.levels[1]), limiter(settings.levels[2])} {}

    /// Returns nothing and counts the connection; or returns the network that connects too often, and counts it for
    /// none: the neighbours of an address that connects all the time must not wait for it. Connections from this
    /// machine are never limited.
    std::optional<std::string> take(const runtime::SocketAddress& from, TimePoint now) {
        return from.is_loopback() ? std::nullopt : take(networks_of(from), now);
    }
    std::optional<std::string> take(const AddressNetworks& networks, TimePoint now) {
        const MutexLock lock(mutex_);
        for (std::size_t i = 0; i < network_levels; ++i) {
            if (!networks[i].empty() && !limiters_[i].may_take(networks[i], now)) {
                return networks[i];
            }
        }
        for (std::size_t i = 0; i < network_levels; ++i) {
            if (!networks[i].empty()) {
                (void)limiters_[i].take(networks[i], now);
            }
        }
        return std::nullopt;
    }

private:
    static AddressRateLimiter limiter(const RateLimit& limit) {
        return AddressRateLimiter(AddressRateLimiter::Settings{.limit = limit});
    }

    Mutex mutex_;
    std::array<AddressRateLimiter, network_levels> limiters_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::login
