// A login whose token is not in the server's table, or not with this secret: tries what its source has lent, and then
// asks the source.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "login/authenticator.hpp"
#include "login/handshake_server.hpp"
#include "session/session_context.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker. Destroying it gives up the query.
///
/// A failed login always costs the same: a proof against the table, one against a lent token and one against the
/// source's answer, each against a random key if there is none, and one query. So neither the answer nor its time shows
/// whether the server, its cache or its source has a token with the client's id.
class TokenLookup {
public:
    struct Needs {
        const SessionContext& at;
        const SessionExecutor& executor;
        login::ServerHandshake& handshake;  // wants a token
        /// The login's next step: proved, or refused. It may destroy this.
        std::function<void(const login::Step&)> done;
    };

    explicit TokenLookup(Needs needs) : needs_(std::move(needs)) {}
    TokenLookup(const TokenLookup&) = delete;
    TokenLookup& operator=(const TokenLookup&) = delete;

    void begin();
    /// The token that the client has proved; null if none.
    const std::shared_ptr<login::ExternalToken>& token() const noexcept { return token_; }

private:
    bool offer(const std::shared_ptr<login::ExternalToken>& token, login::ServerHandshake::IfWrong if_wrong);
    void on_answer(const login::Authenticator::Result& result);
    login::TokenQuery query() const;

    const Needs needs_;
    std::shared_ptr<login::ExternalToken> token_;
    std::unique_ptr<login::Authenticator::Ticket> ticket_;
    const std::shared_ptr<TokenLookup*> self_ = std::make_shared<TokenLookup*>(this);  // an answer on its way finds it
};

}  // namespace ferrotunnel::session
