#include "login/external_tokens.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::login {

void ExternalTokens::set_ports(const PortPolicy& ports) {
    const MutexLock lock(mutex_);
    ports_ = ports;
    for (auto& [id, entry] : tokens_) {
        if (entry.token) {
            auto changed = std::make_shared<AcceptedToken>(*entry.token->token());
            changed->ports = ports;
            entry.token->set(std::move(changed));
        }
    }
}

std::shared_ptr<ExternalToken> ExternalTokens::offer(const TokenGrant& grant, std::uint64_t epoch) {
    if (grant.token.strength == TokenStrength::weak) {
        any_weak_.store(true, std::memory_order_relaxed);  // guesses are counted before anyone has proved it
    }
    const MutexLock lock(mutex_);
    auto token = std::make_shared<ExternalToken>(
        std::make_shared<const AcceptedToken>(AcceptedToken{grant.name, grant.token, ports_, grant.rights}), grant,
        epoch);
    std::erase_if(offered_, [](const auto& one) { return one.second.expired(); });
    offered_.emplace_back(grant.token.id, token);
    return token;
}

std::shared_ptr<ExternalToken> ExternalTokens::proved(const std::shared_ptr<ExternalToken>& token, TimePoint now) {
    std::shared_ptr<ExternalToken> shared;
    std::shared_ptr<const AcceptedToken> accepted = token->token();
    bool has_forgotten = false;
    {
        const MutexLock lock(mutex_);
        const TokenId& id = accepted->token.id;
        const auto known = tokens_.find(id);
        if (token->is_revoked() || (known != tokens_.end() && known->second.token == token)) {
            return token;
        }
        if (known != tokens_.end() && known->second.epoch > token->epoch_) {
            return known->second.token;
        }
        has_forgotten = known == tokens_.end() && make_room();
        auto present = std::make_shared<AcceptedToken>(*accepted);
        present->ports = ports_;
        accepted = std::move(present);
        Entry& entry = tokens_[id];
        if (!entry.token) {
            entry.token = token;
        }
        entry.token->set(accepted);
        entry.answered = now;
        entry.epoch = token->epoch_;
        const bool is_lent = token->epoch_ == epoch();
        entry.lent_until = is_lent ? now + token->cached_for_ : now;
        entry.stale_until = is_lent ? entry.lent_until + token->stale_for_ : now;
        shared = entry.token;
        std::erase_if(offered_, [&token](const auto& one) { return one.second.lock() == token; });
        is_empty_.store(false, std::memory_order_release);
    }
    if (has_forgotten && forgotten_) {
        forgotten_();
    }
    if (expiring_ && accepted->rights && accepted->rights->expires) {
        expiring_(*accepted->rights->expires);
    }
    return shared;
}

void ExternalTokens::remember(const TokenId& id) {
    const MutexLock lock(mutex_);
    if (tokens_.size() < max_) {
        tokens_.try_emplace(id);
        is_empty_.store(false, std::memory_order_release);
    }
}

// Forgets a quarter at once, so that this is rarely done.
bool ExternalTokens::make_room() {
    if (tokens_.size() < max_) {
        return false;
    }
    std::vector<std::pair<TimePoint, TokenId>> unused;
    for (const auto& [id, entry] : tokens_) {
        if (!entry.is_used()) {
            unused.emplace_back(entry.answered, id);
        }
    }
    const std::size_t count = std::min(unused.size(), max_ / 4 + 1);
    std::partial_sort(unused.begin(), unused.begin() + static_cast<std::ptrdiff_t>(count), unused.end());
    for (std::size_t i = 0; i < count; ++i) {
        tokens_.erase(unused[i].second);
    }
    return count != 0;
}

std::shared_ptr<ExternalToken> ExternalTokens::lent(const TokenId& id, TimePoint now, bool is_stale) const {
    const MutexLock lock(mutex_);
    const auto known = tokens_.find(id);
    const bool is_lent =
        known != tokens_.end() && now < (is_stale ? known->second.stale_until : known->second.lent_until);
    return is_lent ? known->second.token : nullptr;
}

std::shared_ptr<ExternalToken> ExternalTokens::used(const TokenId& id) const {
    const MutexLock lock(mutex_);
    const auto known = tokens_.find(id);
    return known != tokens_.end() && known->second.is_used() ? known->second.token : nullptr;
}

bool ExternalTokens::revoke(const TokenId& id) {
    const MutexLock lock(mutex_);
    bool was_known = false;
    for (const auto& [offered, weak] : offered_) {
        if (const auto token = offered == id ? weak.lock() : nullptr) {
            token->is_revoked_.store(true, std::memory_order_release);
            was_known = true;
        }
    }
    const auto known = tokens_.find(id);
    if (known == tokens_.end()) {
        return was_known;
    }
    if (known->second.token) {
        known->second.token->is_revoked_.store(true, std::memory_order_release);
    }
    tokens_.erase(known);
    return true;
}

void ExternalTokens::forget(const TokenId& id) {
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    refused(id);
}

void ExternalTokens::refused(const TokenId& id) {
    const MutexLock lock(mutex_);
    if (const auto known = tokens_.find(id); known != tokens_.end()) {
        known->second.lent_until = known->second.stale_until = {};
    }
}

void ExternalTokens::forget_all() {
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    const MutexLock lock(mutex_);
    for (auto& [id, entry] : tokens_) {
        entry.lent_until = entry.stale_until = {};
    }
}

bool ExternalTokens::has(const TokenId& id) const {
    const MutexLock lock(mutex_);
    return tokens_.contains(id);
}

std::shared_ptr<const AcceptedToken> ExternalTokens::find(const TokenId& id) const {
    const MutexLock lock(mutex_);
    const auto known = tokens_.find(id);
    return known != tokens_.end() && known->second.token ? known->second.token->token() : nullptr;
}

std::shared_ptr<const AcceptedToken> ExternalTokens::named(std::string_view name) const {
    const MutexLock lock(mutex_);
    for (const auto& [id, entry] : tokens_) {
        const std::shared_ptr<const AcceptedToken> token = entry.is_used() ? entry.token->token() : nullptr;
        if (token && token->name == name) {
            return token;
        }
    }
    return nullptr;
}

std::shared_ptr<const Rights> ExternalTokens::rights_of(const TokenId& id) const {
    const std::shared_ptr<const AcceptedToken> token = find(id);
    return token ? token->rights : nullptr;
}

std::vector<std::shared_ptr<const AcceptedToken>> ExternalTokens::all_used() const {
    std::vector<std::shared_ptr<const AcceptedToken>> all;
    const MutexLock lock(mutex_);
    for (const auto& [id, entry] : tokens_) {
        if (entry.is_used()) {
            all.push_back(entry.token->token());
        }
    }
    return all;
}

std::size_t ExternalTokens::size() const {
    const MutexLock lock(mutex_);
    return tokens_.size();
}

}  // namespace ferrotunnel::login
