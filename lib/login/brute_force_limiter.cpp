#include "login/brute_force_limiter.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace ferrotunnel::login {
namespace {

constexpr std::array<std::uint32_t, network_levels> free_of_level{
    limits::wrong_tokens_free, limits::wrong_tokens_of_home_free, limits::wrong_tokens_of_block_free};
constexpr Duration check_interval = std::chrono::seconds(1);

// The region of a block, as text: a /16 for IPv4, a /32 for IPv6, which is the smallest that a provider has.
std::string_view region_of(std::string_view block) {
    const auto is_mark = [](char c) { return c == '.' || c == ':'; };
    const auto first = std::find_if(block.begin(), block.end(), is_mark);
    const auto second = first == block.end() ? first : std::find_if(first + 1, block.end(), is_mark);
    return {block.begin(), second};
}

// The wait after this many failures beyond the free ones.
Duration wait_after(std::uint32_t failures) {
    Duration wait = limits::wrong_token_wait_first;
    for (std::uint32_t i = 1; i < failures && wait < limits::wrong_token_wait_max; ++i) {
        wait *= 2;
    }
    return std::min<Duration>(wait, limits::wrong_token_wait_max);
}

}  // namespace

bool BruteForceLimiter::is_closed(const AddressNetworks& networks, TimePoint now) const {
    const MutexLock lock(mutex_);
    bool is_known = false;
    for (const std::string& network : networks) {
        if (const auto known = records_.find(network); known != records_.end()) {
            is_known = true;
            if (now < known->second.closed_until) {
                return true;
            }
        }
    }
    return !is_known && now < rest_[place_of(networks)].closed_until;
}

std::size_t BruteForceLimiter::place_of(const AddressNetworks& networks) {
    return std::hash<std::string_view>()(region_of(networks.back())) % limits::wrong_token_regions;
}

void BruteForceLimiter::failed(const AddressNetworks& networks, const TokenId& token, TimePoint now) {
    const MutexLock lock(mutex_);
    bool is_known = false;
    bool concerns_wider = true;
    for (std::size_t i = 0; i < network_levels && concerns_wider; ++i) {
        if (networks[i].empty()) {
            continue;
        }
        if (Record* record = record_of(networks[i], now)) {
            is_known = true;
            concerns_wider = count(*record, free_of_level[i], token, now);
        }
    }
    if (!is_known) {
        (void)count(rest_[place_of(networks)], free_of_level.back(), token, now);
    }
}

// Counts a token; true if it counts towards the networks around this one as well.
bool BruteForceLimiter::count(Record& record, std::uint32_t free, const TokenId& token, TimePoint now) {
    if (record.known_until <= now) {
        record = {};
    }
    record.known_until = now + limits::wrong_tokens_known_for;
    if (std::find(record.tokens.begin(), record.tokens.end(), token) != record.tokens.end()) {
        return false;
    }
    if (record.tokens.size() >= limits::wrong_tokens_kept) {
        record.tokens.erase(record.tokens.begin());
    }
    record.tokens.push_back(token);
    ++record.failures;
    if (record.failures > free) {
        record.closed_until = now + wait_after(record.failures - free);
    }
    return record.failures <= free || record.failures % limits::wrong_tokens_for_wider == 0;
}

// The network's record; null if there is none and no room for one.
BruteForceLimiter::Record* BruteForceLimiter::record_of(const std::string& network, TimePoint now) {
    if (const auto known = records_.find(network); known != records_.end()) {
        return &known->second;
    }
    if (records_.size() >= networks_max_ && now >= looked_at_ + check_interval) {
        looked_at_ = now;
        std::erase_if(records_, [now](const auto& entry) { return is_dispensable(entry.second, now); });
    }
    return records_.size() < networks_max_ ? &records_[network] : nullptr;
}

// Whether a record may be removed if there is no room: one that was never closed is worth less than a new one.
bool BruteForceLimiter::is_dispensable(const Record& record, TimePoint now) {
    constexpr Duration free_for = limits::wrong_tokens_known_for - limits::wrong_tokens_free_known_for;
    return record.known_until <= now + (record.closed_until == TimePoint{} ? free_for : Duration::zero());
}

std::size_t BruteForceLimiter::networks() const {
    const MutexLock lock(mutex_);
    return records_.size();
}

}  // namespace ferrotunnel::login
