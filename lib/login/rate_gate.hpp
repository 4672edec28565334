// How often each address may come: token buckets, for as long as they are not full.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::login {

/// For one thread, or under a lock.
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

}  // namespace ferrotunnel::login
