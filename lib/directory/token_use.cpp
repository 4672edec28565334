#include "directory/token_use.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

namespace ferrotunnel::directory {

/// A counted service on one trunk.
class TokenUse::ServiceCount final : public QuotaCount {
public:
    ServiceCount(std::shared_ptr<State> state, const std::pair<ClientId, std::uint32_t>& key) noexcept
        : state_(std::move(state)), key_(key) {}
    ServiceCount(ServiceCount&&) noexcept = default;
    ~ServiceCount() override {
        if (!state_) {
            return;
        }
        const MutexLock lock(state_->mutex);
        const auto known = state_->services.find(key_);
        if (--known->second != 0) {
            return;
        }
        state_->services.erase(known);
        const auto of_token = state_->services_of.find(key_.first.first);
        if (--of_token->second == 0) {
            state_->services_of.erase(of_token);
        }
    }

private:
    std::shared_ptr<State> state_;  // null: moved from
    const std::pair<ClientId, std::uint32_t> key_;
};

/// A counted visitor.
class TokenUse::VisitorCount final : public QuotaCount {
public:
    VisitorCount(std::shared_ptr<State> state, const login::TokenId& token) noexcept
        : state_(std::move(state)), token_(token) {}
    VisitorCount(VisitorCount&&) noexcept = default;
    ~VisitorCount() override {
        if (state_) {
            const MutexLock lock(state_->mutex);
            --state_->visitors.at(token_).now;
        }
    }

private:
    std::shared_ptr<State> state_;  // null: moved from
    const login::TokenId token_;
};

TokenUse::Counted TokenUse::count_service(const ClientId& client, std::uint32_t service, const login::Rights& rights,
                                          bool replaces) {
    const std::pair key{client, service};
    {
        const MutexLock lock(state_->mutex);
        std::size_t& trunks = state_->services[key];
        std::size_t& of_token = state_->services_of[client.first];
        const auto is_full = [&](std::uint64_t most) REQUIRES(state_->mutex) {
            const std::size_t all = of_token + state_->services_beside(client.first);
            if (!replaces) {
                return all >= most;
            }
            const auto first = state_->services.lower_bound({client, 0});
            const auto own = static_cast<std::uint64_t>(
                std::count_if(first, state_->services.upper_bound({client, std::numeric_limits<std::uint32_t>::max()}),
                              [](const auto& counted) { return counted.second != 0; }));
            return own >= most || all >= 2 * most;
        };
        if (trunks == 0 && rights.services && is_full(*rights.services)) {
            state_->services.erase(key);
            if (of_token == 0) {
                state_->services_of.erase(client.first);
            }
            return nullptr;
        }
        of_token += trunks == 0 ? 1U : 0U;
        ++trunks;
    }
    ServiceCount count(state_, key);  // if there is no memory for the result, this releases the count
    return std::make_shared<ServiceCount>(std::move(count));
}

std::size_t TokenUse::State::services_beside(const login::TokenId& token) const {
    if (services_elsewhere.empty()) {
        return 0;
    }
    const auto known = services_elsewhere.find(token);
    return known != services_elsewhere.end() ? known->second : 0;
}

// A token bucket, stored as the time at which it is full, so that nothing has to refill it.
std::optional<VisitorQuota> TokenUse::why_full(Visitors& visitors, const login::Rights& rights, TimePoint now) {
    if (rights.visitors && visitors.now + visitors.elsewhere >= *rights.visitors) {
        return VisitorQuota::visitors;
    }
    if (!rights.visitors_per_second) {
        return std::nullopt;
    }
    using Seconds = std::chrono::duration<double>;
    const auto each = std::chrono::duration_cast<Duration>(Seconds(1 / *rights.visitors_per_second));
    const double at_once = std::max(1.0, std::floor(*rights.visitors_per_second));
    const auto ahead = std::chrono::duration_cast<Duration>(each * (at_once - 1));
    if (visitors.full_at > now + ahead) {
        return VisitorQuota::visitors_per_second;
    }
    visitors.full_at = std::max(visitors.full_at, now) + each;
    return std::nullopt;
}

TokenUse::Counted TokenUse::count_visitor(const login::TokenId& token, const login::Rights& rights, TimePoint now,
                                          VisitorQuota* reached) {
    {
        const MutexLock lock(state_->mutex);
        Visitors& visitors = state_->visitors[token];
        if (const auto full = why_full(visitors, rights, now)) {
            ++visitors.refused[static_cast<std::size_t>(*full)];
            if (reached != nullptr) {
                *reached = *full;
            }
            return nullptr;
        }
        ++visitors.now;
        ++visitors.admitted;
    }
    VisitorCount count(state_, token);
    return std::make_shared<VisitorCount>(std::move(count));
}

void TokenUse::set_elsewhere(const login::TokenId& token, const Elsewhere& elsewhere) {
    const MutexLock lock(state_->mutex);
    if (elsewhere.services != 0) {
        state_->services_elsewhere[token] = elsewhere.services;
    } else {
        state_->services_elsewhere.erase(token);
    }
    if (elsewhere.visitors != 0) {
        state_->visitors[token].elsewhere = elsewhere.visitors;
    } else if (const auto known = state_->visitors.find(token); known != state_->visitors.end()) {
        known->second.elsewhere = 0;
    }
}

void TokenUse::admitted_elsewhere(const login::TokenId& token, std::uint64_t visitors, const login::Rights& rights,
                                  TimePoint now) {
    if (!rights.visitors_per_second || visitors == 0) {
        return;
    }
    using Seconds = std::chrono::duration<double>;
    const double seconds = std::min(static_cast<double>(visitors) / *rights.visitors_per_second,
                                    Seconds(debt_max).count() + 1);  // as much as is kept of it below
    const auto at_once = Seconds(std::max(1.0, std::floor(*rights.visitors_per_second)) / *rights.visitors_per_second);
    const MutexLock lock(state_->mutex);
    TimePoint& full_at = state_->visitors[token].full_at;
    full_at = std::min(std::max(full_at, now) + std::chrono::duration_cast<Duration>(Seconds(seconds)),
                       std::max(full_at, now + debt_max + std::chrono::duration_cast<Duration>(at_once)));
}

TokenUse::Own TokenUse::own(const login::TokenId& token) const {
    Own own;
    const MutexLock lock(state_->mutex);
    for (auto at = state_->services.lower_bound({{token, {}}, 0});
         at != state_->services.end() && at->first.first.first == token; ++at) {
        ++own.services[at->first.first.second];
    }
    if (const auto known = state_->visitors.find(token); known != state_->visitors.end()) {
        own.visitors = known->second.now;
        own.admitted = known->second.admitted;
    }
    return own;
}

void TokenUse::forget_owners(const std::function<bool(const login::TokenId&)>& is_known) {
    const MutexLock lock(state_->mutex);
    std::erase_if(state_->visitors, [&](const auto& entry) { return entry.second.now == 0 && !is_known(entry.first); });
    std::erase_if(state_->services_elsewhere, [&](const auto& entry) { return !is_known(entry.first); });
}

std::size_t TokenUse::services(const login::TokenId& token) const {
    const MutexLock lock(state_->mutex);
    const auto known = state_->services_of.find(token);
    return known != state_->services_of.end() ? known->second : 0;
}

std::uint64_t TokenUse::visitors(const login::TokenId& token) const {
    const MutexLock lock(state_->mutex);
    const auto known = state_->visitors.find(token);
    return known != state_->visitors.end() ? known->second.now : 0;
}

TokenUse::Elsewhere TokenUse::elsewhere(const login::TokenId& token) const {
    const MutexLock lock(state_->mutex);
    const auto known = state_->visitors.find(token);
    return {state_->services_beside(token), known != state_->visitors.end() ? known->second.elsewhere : 0};
}

std::uint64_t TokenUse::refused(const login::TokenId& token, VisitorQuota quota) const {
    const MutexLock lock(state_->mutex);
    const auto known = state_->visitors.find(token);
    return known != state_->visitors.end() ? known->second.refused[static_cast<std::size_t>(quota)] : 0;
}

}  // namespace ferrotunnel::directory
