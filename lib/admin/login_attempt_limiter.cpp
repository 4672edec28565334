#include "admin/login_attempt_limiter.hpp"

#include <algorithm>

#include "admin/limits.hpp"

namespace ferrotunnel::admin {
namespace {

constexpr std::array<unsigned, login::network_levels> guesses_of_level{
    limits::admin_guesses, limits::admin_guesses_of_home, limits::admin_guesses_of_block};
constexpr Duration forget_every = std::chrono::seconds(1);

// "192.0" of "192.0.2.0/24", "2001:db8" of "2001:db8:1::/48".
std::string_view region_of(std::string_view block) {
    const char separator = block.find(':') != std::string_view::npos ? ':' : '.';
    const std::size_t first = block.find(separator);
    return first == std::string_view::npos ? block : block.substr(0, block.find(separator, first + 1));
}

}  // namespace

void LoginAttemptLimiter::forget(TimePoint now) {
    if (now < forgot_at_ + forget_every) {
        return;
    }
    forgot_at_ = now;
    for (Level& level : levels_) {
        std::erase_if(level, [now](const auto& one) { return now - one.second.since >= limits::admin_guesses_within; });
    }
    std::erase_if(regions_, [now](const auto& one) { return one.second.is_full(now); });
}

unsigned LoginAttemptLimiter::wrong_of(const Level& level, const std::string& network, TimePoint now) {
    const auto known = level.find(network);
    return known != level.end() && now - known->second.since < limits::admin_guesses_within ? known->second.wrong : 0;
}

// False if there is no room for the network.
bool LoginAttemptLimiter::count(Level& level, const std::string& network, TimePoint now) {
    auto known = level.find(network);
    if (known == level.end()) {
        if (level.size() >= limits::admin_guessers_max) {
            return false;
        }
        known = level.try_emplace(network, Guesses{now, 0}).first;
    } else if (now - known->second.since >= limits::admin_guesses_within) {
        known->second = {now, 0};
    }
    ++known->second.wrong;
    return true;
}

bool LoginAttemptLimiter::is_trusted(const std::string& address) const {
    return std::find(trusted_.begin(), trusted_.end(), address) != trusted_.end();
}

// The shared rate of blocks for which there is no room.
TokenBucket& LoginAttemptLimiter::shared_by(std::string_view block) {
    const std::string region(region_of(block));
    const auto known = regions_.find(region);
    if (known != regions_.end()) {
        return known->second;
    }
    return regions_.size() < limits::admin_guessers_max ? regions_[region] : others_;
}

bool LoginAttemptLimiter::may_try(const login::AddressNetworks& from, TimePoint now) {
    forget(now);
    const std::size_t concerned = is_trusted(from.front()) ? 1 : login::network_levels;
    for (std::size_t i = 0; i < concerned; ++i) {
        if (wrong_of(levels_[i], from[i], now) >= guesses_of_level[i]) {
            return false;
        }
    }
    const Level& blocks = levels_.back();
    return concerned == 1 || blocks.size() < limits::admin_guessers_max || blocks.contains(from.back()) ||
           shared_by(from.back()).may_take(limits::admin_shared_guesses, now);
}

void LoginAttemptLimiter::failed(const login::AddressNetworks& from, TimePoint now) {
    forget(now);
    bool is_known = false;  // whether the address's block, the last level, is in the table
    for (std::size_t i = 0; i < login::network_levels; ++i) {
        is_known = !from[i].empty() && count(levels_[i], from[i], now);
    }
    if (!is_known) {
        (void)shared_by(from.back()).take(limits::admin_shared_guesses, now);
    }
}

void LoginAttemptLimiter::succeeded(const login::AddressNetworks& from) {
    std::erase(trusted_, from.front());
    trusted_.push_back(from.front());
    if (trusted_.size() > limits::admin_trusted_addresses_max) {
        trusted_.pop_front();
    }
}

}  // namespace ferrotunnel::admin
