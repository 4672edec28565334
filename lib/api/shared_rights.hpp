// Kicks and revoked tokens, which all members of a cluster have in common.
//
//   kick, reload --publish, revoke, lift--> ClusterValues --> other members
//   KickList, RevokedTokens <--heard-- ClusterValues, then every session checks its rights
//
//   kick/TOKEN/name/NAME, kick/TOKEN/process/INSTANCE: the token's name; ends when the client may connect again
//   revoked/SECRET: seconds since 1970; removed when a reload has added a token with this secret
//   ended/SECRET: a text that differs each time; of an external token (login/external_tokens.hpp), whose sessions end
//
// TOKEN and SECRET are ids of secrets, in hexadecimal digits. Without a cluster nothing is published or heard.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/server_sessions.hpp"
#include "api/sink_logger.hpp"
#include "directory/cluster_values.hpp"
#include "login/handshake_server.hpp"
#include "session/kick_list.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

class SharedRights {
public:
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

    /// These clients are kept out of all members for `time`. Any thread.
    void publish(const std::vector<session::KickList::Client>& clients, Duration time) const;
    /// Tokens that `after` accepts and `before` did not are accepted by all members again, each as its settings say.
    /// Before this server accepts them. Any thread.
    void lift(const login::AcceptedTokens& before, const login::AcceptedTokens& after) const;
    /// Tokens that `after` no longer accepts are refused by all members. When this server no longer accepts them.
    void revoke(const login::AcceptedTokens& before, const login::AcceptedTokens& after) const;

    /// Ends the sessions of an external token here and at all members. True if it was known here. Any thread.
    bool revoke_external(const login::TokenId& secret) const;

private:
    using Value = std::optional<directory::ClusterValue>;

    void heard_kick(const std::string& key, const Value& value);
    void heard_revocation(const std::string& key, const Value& value);
    void heard_end(const std::string& key, const Value& value);
    bool end_external(const login::TokenId& secret) const;
    std::string member_of(const directory::ClusterValue& value) const;
    void check_sessions();

    const Needs needs_;
    bool is_check_posted_ = false;              // of the first worker, and so is:
    std::map<std::string, std::string> ended_;  // by key, what was heard last; no more than ClusterValues has
};

}  // namespace ferrotunnel::detail
