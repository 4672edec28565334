#include "session/token_lookup.hpp"

#include <functional>
#include <utility>

#include "base/hex.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::session {

using IfWrong = login::ServerHandshake::IfWrong;

// A session that is resumed here goes on, whether or not the source can be reached: it has its token until it is
// revoked.
void TokenLookup::begin() {
    check_here(needs_.at.worker);
    login::Authenticator& authenticator = *needs_.at.shared->authenticator;
    const login::TokenId& id = needs_.handshake.stated_token();
    std::shared_ptr<login::ExternalToken> known = authenticator.tokens()->lent(id, needs_.at.worker.now());
    if (!known && needs_.handshake.asks_to_resume()) {
        known = authenticator.tokens()->used(id);
    }
    if (offer(known, IfWrong::offer_another)) {
        return;
    }
    auto run = [mailbox = needs_.executor.mailbox()](std::function<void()> step) {
        return mailbox->post_call(std::move(step));
    };
    ticket_ = authenticator.ask(
        query(), std::move(run),
        needs_.executor.bind([weak = std::weak_ptr<TokenLookup*>(self_)](const login::Authenticator::Result& result) {
            if (const auto self = weak.lock()) {
                (*self)->on_answer(result);
            }
        }));
}

login::TokenQuery TokenLookup::query() const {
    const login::Agreement& stated = needs_.handshake.stated();
    login::TokenQuery query;
    query.id = needs_.handshake.stated_token();
    query.from = needs_.at.facts.peer;
    query.agent = stated.peer_agent;
    query.name = stated.peer_name;
    query.metadata = stated.peer_metadata;
    return query;
}

// True if the login has its next step: this may be gone then.
bool TokenLookup::offer(const std::shared_ptr<login::ExternalToken>& token, IfWrong if_wrong) {
    const login::Step step = needs_.handshake.offer(token ? token->token() : nullptr, if_wrong);
    if (step.want == login::Want::token) {
        return false;
    }
    if (step.want == login::Want::decision) {
        token_ = needs_.at.shared->authenticator->tokens()->proved(token, needs_.at.worker.now());
    }
    const auto done = needs_.done;
    done(step);
    return true;
}

void TokenLookup::on_answer(const login::Authenticator::Result& result) {
    if (!needs_.handshake.looks_up()) {
        return;  // the login has failed meanwhile
    }
    if (!result.failure.empty()) {
        static constexpr LogCategory failed{"token_lookups", limits::client_lines_per_second};
        if (needs_.at.shared->log->may_write(LogLevel::warn, failed, needs_.at.worker.now())) {
            needs_.at.shared->log->warn(result.token
                                            ? "a token could not be looked up; the cached answer is used"
                                            : "a token could not be looked up; the client is asked to try again",
                                        {{"token", to_hex(needs_.handshake.stated_token())},
                                         {"peer", needs_.at.facts.peer.text()},
                                         {"why", result.failure}});
        }
    }
    (void)offer(result.token, result.failure.empty() ? IfWrong::refuse : IfWrong::try_later);
}

}  // namespace ferrotunnel::session
