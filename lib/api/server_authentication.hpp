// Looks up tokens at the application (Server::Builder::authenticate), and drives the deadlines of all look-ups.
//
//   session's worker: Authenticator --look_up--> queue --own thread--> handler --LoginReply, any thread-->
//   Authenticator
#pragma once

#include <memory>
#include <string>

#include "api/delivery_queue.hpp"
#include "api/shared_rights.hpp"
#include "api/sink_logger.hpp"
#include "api/token_grant.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/authenticate.hpp"
#include "login/authenticator.hpp"
#include "plugin/session_plugins.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// Thread-safe. Sets ServerShared::authenticator.
class ServerAuthentication final : private login::TokenSource,
                                   public std::enable_shared_from_this<ServerAuthentication> {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        const SharedRights& shared_rights;
    };
    static std::shared_ptr<ServerAuthentication> make(const ServerSettings& settings, Needs needs);
    ServerAuthentication(const ServerSettings& settings, Needs needs);
    ServerAuthentication(const ServerAuthentication&) = delete;
    ServerAuthentication& operator=(const ServerAuthentication&) = delete;

    // See Server.
    bool revoke(const std::string& token_id) const;
    void forget_login(const std::string& token_id) const;
    void forget_logins() const;

    /// Whether the caller is within the handler.
    bool here() const noexcept { return calls_.here(); }
    /// The chain of plugins has changed: tokens are looked up at its plugin that does so, if there is no handler.
    void follow(const std::shared_ptr<plugin::SessionPlugins>& plugins);
    /// Whether the tokens of the cluster are not known here yet: a client with an unknown token is asked to try again,
    /// unless tokens are looked up.
    void await_tokens(bool awaits);
    /// When no worker runs any more. Waits for the handler, unless called in it.
    void close();

private:
    struct Asked {
        login::TokenQuery query;
        login::TokenReply reply;
    };

    void look_up(const login::TokenQuery& query, login::TokenReply reply) override;
    void call(Asked& asked) noexcept;
    void watch();
    void tick();
    void set_source() REQUIRES(mutex_);

    const Needs needs_;
    const AuthenticateHandler handler_;  // may be empty
    const std::shared_ptr<GrantGate> gate_;
    std::shared_ptr<login::Authenticator> authenticator_;
    std::unique_ptr<runtime::Timer> timer_;  // on the first worker
    Mutex mutex_;
    std::shared_ptr<login::TokenSource> source_ GUARDED_BY(mutex_);  // null: tokens are looked up nowhere
    bool awaits_ GUARDED_BY(mutex_) = false;
    DeliveryQueue<Asked> calls_;
};

}  // namespace ferrotunnel::detail
