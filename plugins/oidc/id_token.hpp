// The rules for the claims of an ID token (OpenID Connect Core 1.0, section 3.1.3.7).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace ferrotunnel::plugins {

struct IdTokenRules {
    std::string issuer;
    std::string client_id;
    std::string nonce;
};

/// Why the claims are not valid at `now`, in seconds since 1970; empty if they are.
std::string id_token_fault(const nlohmann::json& claims, const IdTokenRules& rules, double now);

}  // namespace ferrotunnel::plugins
