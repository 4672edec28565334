// Tokens that the server has looked up (authenticator.hpp): those in use, and those that a source has lent for a time.
//
//   the source's answer --offer--> an offered token --the client proves it: proved--> in use, and lent
//
// Until then an accepted token changes nothing for others. A refusal ends what was lent under its id.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
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
    /// `epoch`: ExternalTokens::epoch() before its source was asked.
    ExternalToken(std::shared_ptr<const AcceptedToken> token, const TokenGrant& grant, std::uint64_t epoch)
        : cached_for_(grant.cached_for), stale_for_(grant.stale_for), epoch_(epoch), token_(std::move(token)) {}

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

    const Duration cached_for_;  // of the answer that has brought it
    const Duration stale_for_;
    const std::uint64_t epoch_;
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
    /// Called, without a lock, when unused tokens were forgotten. To be set before the first is proved.
    void on_forgotten(std::function<void()> forgotten) { forgotten_ = std::move(forgotten); }
    /// Likewise, when a token was proved that expires.
    void on_expiring(std::function<void(Rights::Moment)> expiring) { expiring_ = std::move(expiring); }

    /// How often the application has had tokens forgotten: an answer to a call from before that is not lent.
    std::uint64_t epoch() const noexcept { return epoch_.load(std::memory_order_acquire); }
    /// The source has answered a login; `epoch` is of the call to it. Never null.
    std::shared_ptr<ExternalToken> offer(const TokenGrant& grant, std::uint64_t epoch);
    /// The source no longer knows the token: later logins ask it.
    void refused(const TokenId& id);
    /// A client has proved the token, which was offered, lent or used: all sessions of it have its rights from now on.
    /// Returns the one that they share, or the revoked one, if it was revoked meanwhile: then nothing has changed.
    /// Nothing changes either if its call was made before tokens were forgotten, and a later call was answered first.
    std::shared_ptr<ExternalToken> proved(const std::shared_ptr<ExternalToken>& token, TimePoint now);
    /// A token of an earlier process of this server, which has claims: it is known, and has to be looked up.
    void remember(const TokenId& id);
    /// For a new login: null unless the source has lent it until now. `is_stale`: also for the time that it gave for
    /// its own failures.
    std::shared_ptr<ExternalToken> lent(const TokenId& id, TimePoint now, bool is_stale = false) const;
    /// Null if no session has it.
    std::shared_ptr<ExternalToken> used(const TokenId& id) const;
    /// Sessions of the token end when they check their rights, and logins that were offered it fail. True if it was
    /// known.
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
        std::uint64_t epoch = 0;  // of the call that was answered
        TimePoint lent_until{};
        TimePoint stale_until{};

        bool is_used() const noexcept { return token && token.use_count() > 1; }
    };

    bool make_room() REQUIRES(mutex_);

    const std::size_t max_;
    std::function<void()> forgotten_;
    std::function<void(Rights::Moment)> expiring_;
    std::atomic<std::uint64_t> epoch_{0};
    std::atomic<bool> any_weak_{false};
    std::atomic<bool> is_empty_{true};  // until the first is proved or remembered
    mutable Mutex mutex_;
    PortPolicy ports_ GUARDED_BY(mutex_);
    std::map<TokenId, Entry> tokens_ GUARDED_BY(mutex_);
    // One for each login between its answer and its proof.
    std::vector<std::pair<TokenId, std::weak_ptr<ExternalToken>>> offered_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::login
