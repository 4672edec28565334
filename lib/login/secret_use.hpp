// Last use of each secret of a server's tokens, with its origin: an operator who replaces a secret wants to know when
// the old one is no longer used.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.hpp"
#include "login/token.hpp"

namespace ferrotunnel::login {

/// Thread-safe. It holds only secrets that were proved, so no more than the server accepts; those that are no longer
/// accepted are removed with the change that removes them.
class SecretUse {
public:
    struct Last {
        std::chrono::system_clock::time_point at{};  // of the last login, or of the last end of a connection
        std::string from{};                          // the client's address
        std::size_t connections = 0;                 // present connections with it

        friend bool operator==(const Last&, const Last&) = default;
    };

    /// A client has logged in with `secret`.
    void begins(const TokenId& secret, std::string from, std::chrono::system_clock::time_point now) {
        const MutexLock lock(mutex_);
        Last& last = secrets_[secret];
        last.at = now;
        last.from = std::move(from);
        ++last.connections;
    }
    /// A connection with `secret` has ended.
    void ends(const TokenId& secret, std::chrono::system_clock::time_point now) {
        const MutexLock lock(mutex_);
        const auto found = secrets_.find(secret);
        if (found != secrets_.end() && found->second.connections > 0) {
            found->second.at = now;
            --found->second.connections;
        }
    }
    /// Empty if it was not used since the server started.
    std::optional<Last> last(const TokenId& secret) const {
        const MutexLock lock(mutex_);
        const auto found = secrets_.find(secret);
        return found != secrets_.end() ? std::optional(found->second) : std::nullopt;
    }
    void forget(const std::function<bool(const TokenId&)>& is_accepted) {
        const MutexLock lock(mutex_);
        std::erase_if(secrets_, [&](const auto& one) { return !is_accepted(one.first); });
    }

private:
    mutable Mutex mutex_;
    std::map<TokenId, Last> secrets_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::login
