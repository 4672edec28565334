// The tokens that a Server accepts: those of its settings, and those that all members of a cluster have in common.
//
//   ServerReload --set_settings--.
//   SharedTokens --set_shared----+--> one table --> TokenStore, rules of rights, quotas, every session
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/server_sessions.hpp"
#include "api/server_upkeep.hpp"
#include "api/shared_rights.hpp"
#include "api/sink_logger.hpp"
#include "api/state_directory.hpp"
#include "base/mutex.hpp"
#include "base/random.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Thread-safe. Its mutex is held while the table is put in force.
class TokenTable {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        Random& random;
        const ServerSessions& sessions;
        StateDirectory& state;
        ServerUpkeep& upkeep;
        const SharedRights& shared_rights;
    };
    /// `settings`: those with which ServerShared was made.
    TokenTable(const ServerSettings& settings, Needs needs);
    TokenTable(const TokenTable&) = delete;
    TokenTable& operator=(const TokenTable&) = delete;

    /// Tokens, their rights, and quotas of all tokens.
    void set_settings(const ServerSettings& settings);
    /// A token whose name or secret the settings have, too, is left out: they decide.
    void set_shared(std::vector<NamedToken> tokens);
    /// Nothing changes any more: the state directory is about to be closed.
    void close();

    /// Names of tokens in force that are shared.
    std::set<std::string> shared_names() const;

private:
    ServerSettings joined(std::set<login::TokenId>& shared_ids) REQUIRES(mutex_);
    void commit() REQUIRES(mutex_);

    const Needs needs_;
    mutable Mutex mutex_;
    bool is_closed_ GUARDED_BY(mutex_) = false;
    ServerSettings settings_ GUARDED_BY(mutex_);
    std::vector<NamedToken> shared_ GUARDED_BY(mutex_);
    std::set<std::string> names_ GUARDED_BY(mutex_);          // of those in force
    std::set<login::TokenId> shared_ids_ GUARDED_BY(mutex_);  // of their secrets
};

}  // namespace ferrotunnel::detail
