// The tokens that a server accepts now: they may change while it runs, and logins that have begun keep those that they
// began with.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "login/handshake_server.hpp"

namespace ferrotunnel::login {

/// Any thread.
class TokenBook {
public:
    TokenBook() = default;
    TokenBook& operator=(AcceptedTokens tokens) {
        const bool any_weak = std::any_of(tokens->begin(), tokens->end(), [](const AcceptedToken& one) {
            return one.token.strength == TokenStrength::weak || (one.also && one.also->strength == TokenStrength::weak);
        });
        {
            const std::lock_guard lock(mutex_);
            tokens_.swap(tokens);
        }
        any_weak_.store(any_weak, std::memory_order_relaxed);
        return *this;
    }

    /// Never null.
    AcceptedTokens get() const {
        const std::lock_guard lock(mutex_);
        return tokens_;
    }
    /// Whether any of them can be guessed.
    bool any_weak() const noexcept { return any_weak_.load(std::memory_order_relaxed); }

    /// The token with this secret; null: there is none any more. It is one of `tokens`.
    static const AcceptedToken* find(const AcceptedTokens& tokens, const TokenId& secret) noexcept {
        const auto found = std::find_if(tokens->begin(), tokens->end(),
                                        [&secret](const AcceptedToken& one) { return one.is_known_by(secret); });
        return found != tokens->end() ? &*found : nullptr;
    }

private:
    mutable std::mutex mutex_;
    AcceptedTokens tokens_ = std::make_shared<const std::vector<AcceptedToken>>();
    std::atomic<bool> any_weak_{false};
};

}  // namespace ferrotunnel::login
