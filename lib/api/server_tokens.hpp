// The tokens of a Server: from its settings to what the engine accepts.
#pragma once

#include <map>
#include <memory>

#include "base/random.hpp"
#include "directory/registry.hpp"
#include "directory/service_tokens.hpp"
#include "login/handshake_server.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// The tokens that the settings, which have been checked, accept. A token that has a secret in common with one of
/// `before` is that one still: what that one has is its own.
login::AcceptedTokens accepted_tokens(const ServerSettings& settings, const login::AcceptedTokens& before,
                                      Random& random);

/// The ids of tokens that will have another one after a restart, with that one.
std::map<login::TokenId, login::TokenId> renamed_tokens(const login::AcceptedTokens& tokens);

/// The tokens that services have to prove; null: no service needs one.
std::shared_ptr<const directory::ServiceTokens> service_tokens_of(const ServerSettings& settings);

/// What the clients of one of these tokens may have together.
directory::Registry::Settings quotas_of(const ServerSettings& settings);

}  // namespace ferrotunnel::detail
