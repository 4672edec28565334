// Tokens that were removed from the settings of a member of the cluster while it ran. The other members refuse them
// too, whatever their own settings have.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.hpp"
#include "login/token.hpp"

namespace ferrotunnel::session {

/// Thread-safe.
class RevokedTokens {
public:
    struct Revoked {
        std::string member;        // that has removed it
        std::int64_t seconds = 0;  // since 1970, when it did

        friend bool operator==(const Revoked&, const Revoked&) = default;
    };

    /// `secret`: the id of the secret. True if it was not revoked.
    bool set(const login::TokenId& secret, Revoked revoked) {
        const MutexLock lock(mutex_);
        return tokens_.insert_or_assign(secret, std::move(revoked)).second;
    }
    /// True if it was revoked.
    bool erase(const login::TokenId& secret) {
        const MutexLock lock(mutex_);
        return tokens_.erase(secret) != 0;
    }
    std::optional<Revoked> find(const login::TokenId& secret) const {
        const MutexLock lock(mutex_);
        const auto found = tokens_.find(secret);
        return found == tokens_.end() ? std::nullopt : std::optional(found->second);
    }

    /// For the token's user.
    static std::string text_of(const Revoked& revoked) {
        return "The token was revoked at the member " + revoked.member + " of the server's cluster.";
    }

private:
    mutable Mutex mutex_;
    std::map<login::TokenId, Revoked> tokens_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::session
