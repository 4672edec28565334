// Tokens that a server accepts at present: they may change while it runs, and logins that have begun keep those that
// they began with. Those of its settings are its table; external ones are looked up when a client logs in.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "login/external_tokens.hpp"
#include "login/handshake_server.hpp"

namespace ferrotunnel::login {

/// Thread-safe. Look-ups take logarithmic time in the number of tokens.
class TokenStore {
public:
    TokenStore() = default;
    TokenStore& operator=(AcceptedTokens tokens);

    /// Never null. Without external tokens.
    AcceptedTokens get() const;
    /// Those of the table, and then the external tokens that sessions have.
    std::vector<std::shared_ptr<const AcceptedToken>> all() const;
    /// Whether any of them can be guessed.
    bool any_weak() const noexcept { return any_weak_.load(std::memory_order_relaxed) || external_->any_weak(); }

    /// Tokens that are in no table.
    const std::shared_ptr<ExternalTokens>& external() const noexcept { return external_; }

    /// The token of the table with this secret, the first or the second; null if there is none any more.
    std::shared_ptr<const AcceptedToken> find(const TokenId& secret) const;
    /// The token with this id, whatever its secrets are by now; it may be external, and so may the next one.
    std::shared_ptr<const AcceptedToken> known_as(const TokenId& id) const;
    std::shared_ptr<const AcceptedToken> named(std::string_view name) const;
    /// Without external tokens.
    std::shared_ptr<const AcceptedToken> named_in_table(std::string_view name) const;

private:
    using Place = std::uint32_t;  // in tokens_
    using Places = std::vector<std::pair<TokenId, Place>>;

    std::shared_ptr<const AcceptedToken> at(const Places& places, const TokenId& id) const REQUIRES(mutex_);
    std::shared_ptr<const AcceptedToken> at(Place place) const REQUIRES(mutex_) {
        return {tokens_, &(*tokens_)[place]};
    }

    const std::shared_ptr<ExternalTokens> external_ = std::make_shared<ExternalTokens>();
    mutable Mutex mutex_;
    AcceptedTokens tokens_ GUARDED_BY(mutex_) = std::make_shared<const std::vector<AcceptedToken>>();
    Places by_secret_ GUARDED_BY(mutex_);
    Places by_id_ GUARDED_BY(mutex_);
    std::vector<Place> by_name_ GUARDED_BY(mutex_);
    std::atomic<bool> any_weak_{false};
};

}  // namespace ferrotunnel::login
