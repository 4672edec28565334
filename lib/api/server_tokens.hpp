// The tokens of a Server: converts its settings into what the engine accepts.
#pragma once

#include <map>
#include <memory>

#include "base/random.hpp"
#include "directory/registry.hpp"
#include "directory/service_tokens.hpp"
#include "login/handshake_server.hpp"
#include "session/server_shared.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// The tokens that the checked settings accept. A token that shares a secret with one of `before` is still that token,
/// and keeps its claims.
login::AcceptedTokens accepted_tokens(const ServerSettings& settings, const login::AcceptedTokens& before,
                                      Random& random);

/// The ports of tokens without a right to ports.
login::PortPolicy ports_of_every_token(const ServerSettings& settings);
/// The number of tokens, as far as it matters whether there are several: a server that looks tokens up has.
std::size_t token_count(const ServerSettings& settings) noexcept;

/// The ids of tokens that will have another one after a restart, with that one.
std::map<login::TokenId, login::TokenId> renamed_tokens(const login::AcceptedTokens& tokens);

/// Forgets what was counted for tokens that the server no longer knows. Thread-safe.
void forget_unknown_tokens(session::ServerShared& shared);

/// The tokens that services must prove. Null if no service needs one.
std::shared_ptr<const directory::ServiceTokens> service_tokens_of(const ServerSettings& settings);

/// The limits of all clients of one of these tokens.
directory::Registry::Settings quotas_of(const ServerSettings& settings);

}  // namespace ferrotunnel::detail
