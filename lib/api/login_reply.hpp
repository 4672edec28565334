// Answers about a token that is looked up, of the application or of a plugin, on their way to the engine.
#pragma once

#include <memory>

#include "api/token_grant.hpp"
#include "ferrotunnel/authenticate.hpp"
#include "login/token_source.hpp"

namespace ferrotunnel::detail {

/// What the client of a query states. Its texts are printable, and bounded.
ClientLogin client_login_of(const login::TokenQuery& query);

/// The right to answer a query once: `gate` checks and converts what is accepted. It may outlive the server.
LoginReply make_login_reply(login::TokenReply reply, const login::TokenId& id, std::shared_ptr<const GrantGate> gate);

}  // namespace ferrotunnel::detail
