// A token that was looked up, and proved by a client.
#pragma once

#include <memory>

#include "login/external_tokens.hpp"

namespace ferrotunnel::test {

inline std::shared_ptr<login::ExternalToken> put_external(login::ExternalTokens& tokens, const login::TokenGrant& grant,
                                                          TimePoint now) {
    return tokens.proved(tokens.offer(grant, tokens.epoch()), now);
}

}  // namespace ferrotunnel::test
