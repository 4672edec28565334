// Kicks and revoked tokens, which all members of a cluster have in common.
//
//   kick, reload --publish, revoke, lift--> ClusterValues --> other members
//   KickList, RevokedTokens <--heard-- ClusterValues, then every session checks its rights
//
//   kick/TOKEN/name/NAME, kick/TOKEN/process/INSTANCE: the token's name; ends when the client may connect again
//   end/TOKEN/name/NAME, end/TOKEN/process/INSTANCE: likewise, for some seconds: its sessions end, and it may come back
//   revoked/SECRET: seconds since 1970; removed when a reload has added a token with this secret
//   external/SECRET: a text that differs each time; of an external token (login/external_tokens.hpp), whose sessions
//   end
//
// TOKEN and SECRET are ids of secrets, in hexadecimal digits. Without a cluster nothing is published or heard.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "api/server_sessions.hpp"
#include "api/sink_logger.hpp"
#include "base/clock.hpp"
#include "directory/cluster_values.hpp"
#include "login/handshake_server.hpp"
#include "session/kick_list.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

class SharedRights {
public:
    using Secrets = std::set<login::TokenId>;

    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        const ServerSessions& sessions;
        SinkLogger& log;
    };
    explicit SharedRights(Needs needs) : needs_(std::move(needs)) {}
    SharedRights(const SharedRights&) = delete;
    SharedRights& operator=(const SharedRights&) = delete;

    /// When ServerShared::values is set, and before workers run. Values are heard on the first worker.
    void watch();

    /// These clients are kept out of all members for `time`; zero: their sessions at other members end. Any thread.
    void publish(const std::vector<session::KickList::Client>& clients, Duration time) const;
    /// Tokens that `after` accepts and `before` did not are accepted by all members again, each as its settings say.
    /// Before this server accepts them. Any thread.
    /// But for secrets in `shared`, of which all members hear by themselves.
    void lift(const login::AcceptedTokens& before, const login::AcceptedTokens& after, const Secrets& shared) const;
    /// Tokens that `after` no longer accepts are refused by all members. When this server no longer accepts them. But
    /// for secrets in `shared`, as above.
    void revoke(const login::AcceptedTokens& before, const login::AcceptedTokens& after, const Secrets& shared) const;
    /// A token with this secret is accepted by all members again. Any thread.
    void accept_again(const login::TokenId& secret) const;

    /// Ends the sessions of an external token here and at all members. True if it was known here. Any thread.
    bool revoke_external(const login::TokenId& secret) const;

private:
    using Value = std::optional<directory::ClusterValue>;
    /// Token, name, and without a name the process.
    using Ended = std::tuple<login::TokenId, std::string, wire::InstanceId>;

    void heard_kick(const std::string& key, const Value& value);
    void heard_end(const std::string& key, const Value& value);
    void end_sessions();
    void heard_revocation(const std::string& key, const Value& value);
    void heard_external_end(const std::string& key, const Value& value);
    bool end_external(const login::TokenId& secret) const;
    bool is_looked_up_since(const login::TokenId& secret, const directory::ClusterValue& revocation) const;
    std::string member_of(const directory::ClusterValue& value) const;
    void record_act(const char* act, const std::string& member, const char* key, const std::string& subject) const;
    void check_sessions();

    const Needs needs_;
    const TimePoint began_ = Clock::now();
    // Of the first worker:
    bool is_check_posted_ = false;
    std::set<Ended> ended_;                             // by other members, in this turn; at most limits::kicked_max
    std::map<std::string, std::string> external_ends_;  // by key, what was heard last; bounded as ClusterValues is
};

}  // namespace ferrotunnel::detail
