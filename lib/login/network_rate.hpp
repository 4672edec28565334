// How often an address may come, and the networks that it is of.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "login/address_networks.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::login {

/// How often each address may come: token buckets, for as long as they are not full. For one thread, or under a lock.
class RateGate {
public:
    struct Settings {
        std::uint32_t at_once = limits::logins_at_once_max;
        std::uint32_t per_second = limits::logins_per_second_max;
        std::size_t addresses_max = limits::login_addresses_max;
    };

    RateGate() : RateGate(Settings{}) {}
    explicit RateGate(const Settings& settings)
        : settings_(settings), each_(Duration(std::chrono::seconds(1)) / settings.per_second) {}

    /// False: too often.
    bool take(const std::string& address, TimePoint now) {
        if (!may_take(address, now)) {
            return false;
        }
        const auto known = full_at_.find(address);
        if (known != full_at_.end()) {
            known->second = std::max(known->second, now) + each_;
        } else if (has_room(now)) {
            full_at_.emplace(address, now + each_);
        }
        return true;
    }
    /// What `take` would say.
    bool may_take(const std::string& address, TimePoint now) const {
        const auto known = full_at_.find(address);
        return known == full_at_.end() || known->second - now <= each_ * (settings_.at_once - 1);
    }

    std::size_t addresses() const noexcept { return full_at_.size(); }

private:
    static constexpr Duration look_every = std::chrono::milliseconds(100);

    // A full bucket is like none. Where there are as many as there may be, they are looked through now and then alone.
    bool has_room(TimePoint now) {
        if (full_at_.size() >= settings_.addresses_max && now >= looked_at_ + look_every) {
            looked_at_ = now;
            std::erase_if(full_at_, [now](const auto& entry) { return entry.second <= now; });
        }
        return full_at_.size() < settings_.addresses_max;
    }

    const Settings settings_;
    const Duration each_;
    TimePoint looked_at_{};
    std::map<std::string, TimePoint> full_at_;  // when the bucket is full again
};

/// Any thread.
class NetworkRate {
public:
    /// Of one network of a level (see AddressNetworks).
    struct Level {
        std::uint32_t at_once;
        std::uint32_t per_second;
    };
    struct Settings {
        std::array<Level, network_levels> levels;

        /// So many a second of an address, twice as many of a home, five times as many of a block; at once what comes
        /// in ten seconds.
        static Settings of(std::uint32_t per_second) noexcept {
            return {{{{10 * per_second, per_second},
                      {20 * per_second, 2 * per_second},
                      {50 * per_second, 5 * per_second}}}};
        }
    };

    explicit NetworkRate(const Settings& settings)
        : gates_{gate(settings.levels[0]), gate(settings.levels[1]), gate(settings.levels[2])} {}

    /// Nothing, and it is counted; or the network that comes too often, and it is counted for none: an address that
    /// comes all the time is nothing that its neighbours have to wait for. This machine's own are never too often.
    std::optional<std::string> take(const runtime::SocketAddress& from, TimePoint now) {
        return from.is_loopback() ? std::nullopt : take(networks_of(from), now);
    }
    std::optional<std::string> take(const AddressNetworks& networks, TimePoint now) {
        std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < network_levels; ++i) {
            if (!networks[i].empty() && !gates_[i].may_take(networks[i], now)) {
                return networks[i];
            }
        }
        for (std::size_t i = 0; i < network_levels; ++i) {
            if (!networks[i].empty()) {
                (void)gates_[i].take(networks[i], now);
            }
        }
        return std::nullopt;
    }

private:
    static RateGate gate(const Level& level) {
        return RateGate({.at_once = level.at_once, .per_second = level.per_second});
    }

    std::mutex mutex_;
    std::array<RateGate, network_levels> gates_;
};

}  // namespace ferrotunnel::login
