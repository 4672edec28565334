// Chooses the connection that a new one evicts at an endpoint of the control thread.
//
//   the new one's address, home or block has all of its slots            one of that network
//   all slots are taken                                                  one of the block that has most
//
// A new connection must never wait for connections that have requested nothing, or do not read their answers. Of the
// connections that may be evicted, the first is one that has its last answer, then one that has proved no right;
// among those a stranger's, then a silent one, then the oldest.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "admin/limits.hpp"
#include "base/clock.hpp"
#include "login/address_networks.hpp"

namespace ferrotunnel::admin {

/// Properties of a connection that has a slot.
struct EvictionCandidate {
    login::AddressNetworks networks{};  // empty if it counts only for itself
    bool has_right = false;
    bool lingers = false;  // its last answer was sent
    bool is_stranger = false;
    bool is_idle = false;
    TimePoint deadline{};
};

class PeerEviction {
public:
    /// A home may have a quarter of the slots and a block half of them, but never fewer than one address may have.
    PeerEviction(std::size_t most, std::size_t of_address_most)
        : most_(most),
          level_most_{of_address_most, std::max(most / 4, of_address_most), std::max(most / 2, of_address_most)} {}

    /// Which of `holders` a new connection from `networks` evicts. Empty if there is a free slot.
    std::optional<std::size_t> choose_victim(const std::vector<EvictionCandidate>& holders,
                                             const login::AddressNetworks& networks) const {
        for (std::size_t i = 0; i < login::network_levels; ++i) {
            const auto is_of_network = [&](const EvictionCandidate& one) { return one.networks[i] == networks[i]; };
            if (!networks[i].empty() && count(holders, is_of_network) >= level_most_[i]) {
                return first_of(holders, is_of_network);
            }
        }
        return holders.size() < most_ ? std::nullopt
                                      : std::optional(first_of(holders, [](const EvictionCandidate&) { return true; }));
    }

private:
    using Rank = std::tuple<bool, bool, bool, std::ptrdiff_t, bool, bool, TimePoint>;  // the least is displaced

    template <typename Meant>
    static std::size_t count(const std::vector<EvictionCandidate>& holders, const Meant& meant) {
        return static_cast<std::size_t>(std::count_if(holders.begin(), holders.end(), meant));
    }

    template <typename Meant>
    static std::size_t first_of(const std::vector<EvictionCandidate>& holders, const Meant& meant) {
        std::size_t first = 0;
        std::optional<Rank> first_rank;
        for (std::size_t i = 0; i < holders.size(); ++i) {
            const Rank rank = rank_of(holders[i], meant(holders[i]), holders);
            if (!first_rank || rank < *first_rank) {
                first = i;
                first_rank = rank;
            }
        }
        return first;
    }

    static Rank rank_of(const EvictionCandidate& one, bool is_meant, const std::vector<EvictionCandidate>& holders) {
        const auto is_of_block = [&one](const EvictionCandidate& other) {
            return !other.has_right && other.networks.back() == one.networks.back();
        };
        const std::size_t of_block = one.networks.back().empty() ? 1 : count(holders, is_of_block);
        return {!is_meant,        !one.lingers, one.has_right, -static_cast<std::ptrdiff_t>(of_block),
                !one.is_stranger, !one.is_idle, one.deadline};
    }

    const std::size_t most_;
    const std::array<std::size_t, login::network_levels> level_most_;
};

}  // namespace ferrotunnel::admin
