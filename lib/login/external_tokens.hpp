// Tokens that the server has looked up (authenticator.hpp): those in use, and those that a source has lent for a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "login/handshake_server.hpp"
#include "login/token_source.hpp"

namespace ferrotunnel::login {

/// How many may be remembered: sessions of four times as many tokens as have sessions at once. An unused one beyond
/// this is forgotten, the one with the oldest answer first: its next login asks again.
inline constexpr std::size_t external_tokens_max = 4 * limits::sessions_max;

/// One looked-up token, which all of its sessions share until it is revoked; a login after that gets another one.
/// Thread-safe.
class ExternalToken {
public:
    explicit ExternalToken(std::shared_ptr<const AcceptedToken> token) : token_(std::move(token)) {}

    /// As the source has answered last. Never null.
    std::shared_ptr<const AcceptedToken> token() const {
        const MutexLock lock(mutex_);
        return token_;
    }
    bool is_revoked() const noexcept { return is_revoked_.load(std::memory_order_acquire); }

private:
    friend class ExternalTokens;

    void set(std::shared_ptr<const AcceptedToken> token) {
        const MutexLock lock(mutex_);
        token_.swap(token);
    }

    mutable Mutex mutex_;
    std::shared_ptr<const AcceptedToken> token_ GUARDED_BY(mutex_);
    std::atomic<bool> is_revoked_{false};
};

/// Thread-safe.
class ExternalTokens {
public:
    explicit ExternalTokens(std::size_t max = external_tokens_max) : max_(max) {}

    /// The ports of tokens without a right to ports.
    void set_ports(const PortPolicy& ports);
    /// Called, without a lock, when unused tokens were forgotten. To be set before the first is put.
    void on_forgotten(std::function<void()> forgotten) { forgotten_ = std::move(forgotten); }
    /// Likewise, when a token was put that expires.
    void on_expiring(std::function<void(Rights::Moment)> expiring) { expiring_ = std::move(expiring); }

    /// The source has answered: all sessions of the token have these rights from now on.
    std::shared_ptr<ExternalToken> put(const TokenGrant& grant, TimePoint now);
    /// A token of an earlier process of this server, which has claims: it is known, and has to be looked up.
    void remember(const TokenId& id);
    /// For a new login: null unless the source has lent it until now. `is_stale`: also for the time that it gave for
    /// its own failures.
    std::shared_ptr<ExternalToken> lent(const TokenId& id, TimePoint now, bool is_stale = false) const;
    /// Null if no session has it.
    std::shared_ptr<ExternalToken> used(const TokenId& id) const;
    /// Sessions of the token end when they check their rights. True if it was known.
    bool revoke(const TokenId& id);
    /// Later logins ask the source.
    void forget(const TokenId& id);
    void forget_all();

    /// Without a lock.
    bool is_empty() const noexcept { return is_empty_.load(std::memory_order_acquire); }
    bool has(const TokenId& id) const;
    /// Null if it is not known.
    std::shared_ptr<const AcceptedToken> find(const TokenId& id) const;
    std::shared_ptr<const AcceptedToken> named(std::string_view name) const;
    /// Null if it is not known, or has those of every token.
    std::shared_ptr<const Rights> rights_of(const TokenId& id) const;
    /// Those that sessions have.
    std::vector<std::shared_ptr<const AcceptedToken>> all_used() const;
    /// Whether any was weak.
    bool any_weak() const noexcept { return any_weak_.load(std::memory_order_relaxed); }
    std::size_t size() const;

private:
    struct Entry {
        std::shared_ptr<ExternalToken> token{};  // null: only remembered
        TimePoint answered{};
        TimePoint lent_until{};
        TimePoint stale_until{};

        bool is_used() const noexcept { return token && token.use_count() > 1; }
    };

    bool make_room() REQUIRES(mutex_);

    const std::size_t max_;
    std::function<void()> forgotten_;
    std::function<void(Rights::Moment)> expiring_;
    std::atomic<bool> any_weak_{false};
    std::atomic<bool> is_empty_{true};  // until the first is put or remembered
    mutable Mutex mutex_;
    PortPolicy ports_ GUARDED_BY(mutex_);
    std::map<TokenId, Entry> tokens_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::login
