// Converts a token that was looked up into what the engine accepts.
#pragma once

#include <string>
#include <utility>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "ferrotunnel/authenticate.hpp"
#include "login/token_source.hpp"
#include "login/token_store.hpp"
#include "login/weak_token_policy.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Which tokens a server may accept.
struct GrantRules {
    login::WeakTokenPolicy policy = login::WeakTokenPolicy::loopback_only;
    std::string host;  // where clients connect
};
GrantRules grant_rules_of(const ServerSettings& settings);

/// `id`: the one that was asked for. `table`: names of its tokens are taken. The error says what is wrong, without the
/// secret.
Result<login::TokenGrant, std::string> make_token_grant(const AcceptedLogin& login, const login::TokenId& id,
                                                        const GrantRules& rules, const login::TokenStore& table);

/// Converts answers, which may come when the server is gone. Thread-safe.
class GrantGate {
public:
    GrantGate(GrantRules rules, const login::TokenStore& table) : rules_(std::move(rules)), table_(&table) {}

    Result<login::TokenGrant, std::string> convert(const AcceptedLogin& login, const login::TokenId& id) const {
        const MutexLock lock(mutex_);
        return table_ != nullptr ? make_token_grant(login, id, rules_, *table_)
                                 : Result<login::TokenGrant, std::string>(std::string("the server has ended"));
    }
    /// The table ends.
    void close() {
        const MutexLock lock(mutex_);
        table_ = nullptr;
    }

private:
    const GrantRules rules_;
    mutable Mutex mutex_;
    const login::TokenStore* table_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail
