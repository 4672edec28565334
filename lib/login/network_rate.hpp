// How often an address may come, and the networks that it is of.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "login/address_networks.hpp"
#include "login/rate_gate.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::login {

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
