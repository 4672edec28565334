// When each secret of a server's tokens was last used, and from where: an operator who replaces one wants to know when
// nobody has the old one any more.
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

/// Any thread. It knows secrets that were proved alone, so as many as the server accepts; those that it does not accept
/// any more are forgotten with the change that takes them away.
class SecretUse {
public:
    struct Last {
        std::chrono::system_clock::time_point at{};  // of the last login, or of the last end of a connection
        std::string from{};                          // the client's address
        std::size_t connections = 0;                 // with it, now

        friend bool operator==(const Last&, const Last&) = default;
    };

    /// A client has logged in with it.
    void begins(const TokenId& secret, std::string from, std::chrono::system_clock::time_point now) {
        const MutexLock lock(mutex_);
        Last& last = secrets_[secret];
        last.at = now;
        last.from = std::move(from);
        ++last.connections;
    }
    /// A connection with it has ended.
    void ends(const TokenId& secret, std::chrono::system_clock::time_point now) {
        const MutexLock lock(mutex_);
        const auto found = secrets_.find(secret);
        if (found != secrets_.end() && found->second.connections > 0) {
            found->second.at = now;
            --found->second.connections;
        }
    }
    /// Nothing: nobody has used it since the server began.
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
