#include "login/token_store.hpp"

#include <algorithm>

namespace ferrotunnel::login {

TokenStore& TokenStore::operator=(AcceptedTokens tokens) {
    Places by_secret;
    Places by_id;
    std::vector<Place> by_name;
    bool any_weak = false;
    for (Place place = 0; place < tokens->size(); ++place) {
        const AcceptedToken& one = (*tokens)[place];
        by_secret.emplace_back(one.token.id, place);
        if (one.also) {
            by_secret.emplace_back(one.also->id, place);
        }
        by_id.emplace_back(one.id(), place);
        by_name.push_back(place);
        any_weak = any_weak || one.token.strength == TokenStrength::weak ||
                   (one.also && one.also->strength == TokenStrength::weak);
    }
    std::sort(by_secret.begin(), by_secret.end());
    std::sort(by_id.begin(), by_id.end());
    std::stable_sort(by_name.begin(), by_name.end(),
                     [&tokens](Place a, Place b) { return (*tokens)[a].name < (*tokens)[b].name; });
    {
        const MutexLock lock(mutex_);
        tokens_.swap(tokens);
        by_secret_.swap(by_secret);
        by_id_.swap(by_id);
        by_name_.swap(by_name);
    }
    any_weak_.store(any_weak, std::memory_order_relaxed);
    return *this;
}

AcceptedTokens TokenStore::get() const {
    const MutexLock lock(mutex_);
    return tokens_;
}

std::shared_ptr<const AcceptedToken> TokenStore::at(const Places& places, const TokenId& id) const {
    const auto found = std::lower_bound(places.begin(), places.end(), std::pair(id, Place{0}));
    return found != places.end() && found->first == id ? at(found->second) : nullptr;
}

std::shared_ptr<const AcceptedToken> TokenStore::find(const TokenId& secret) const {
    const MutexLock lock(mutex_);
    return at(by_secret_, secret);
}

std::shared_ptr<const AcceptedToken> TokenStore::known_as(const TokenId& id) const {
    {
        const MutexLock lock(mutex_);
        if (auto token = at(by_id_, id)) {
            return token;
        }
    }
    return external_->find(id);
}

std::shared_ptr<const AcceptedToken> TokenStore::named(std::string_view name) const {
    auto token = named_in_table(name);
    return token ? token : external_->named(name);
}

std::shared_ptr<const AcceptedToken> TokenStore::named_in_table(std::string_view name) const {
    const MutexLock lock(mutex_);
    const auto found =
        std::lower_bound(by_name_.begin(), by_name_.end(), name,
                         [this](Place a, std::string_view b) REQUIRES(mutex_) { return (*tokens_)[a].name < b; });
    return found != by_name_.end() && (*tokens_)[*found].name == name ? at(*found) : nullptr;
}

std::vector<std::shared_ptr<const AcceptedToken>> TokenStore::all() const {
    std::vector<std::shared_ptr<const AcceptedToken>> all;
    const AcceptedTokens tokens = get();
    for (const AcceptedToken& token : *tokens) {
        all.emplace_back(tokens, &token);
    }
    for (auto& token : external_->all_used()) {
        all.push_back(std::move(token));
    }
    return all;
}

}  // namespace ferrotunnel::login
