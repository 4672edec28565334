// A JSON Web Token (RFC 7519) in its compact form, before anybody knows whether it is genuine.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferrotunnel::plugins {

struct Token {
    static constexpr std::size_t size_max = 8 * 1024;

    std::string algorithm;
    std::string kid;  // empty: none
    nlohmann::json claims;
    std::string signed_text;
    std::string signature;
};

/// Nothing, and `fault` says why: a token that is too long or broken, or one whose header asks for what is not done
/// ("crit", "b64", a type of another purpose). What the header says about where a key is ("jku", "x5u", "jwk", "x5c")
/// is never looked at.
std::optional<Token> read_token(std::string_view text, std::string& fault);

/// What the claims of a token have to say.
struct ClaimRules {
    std::vector<std::string> issuers;    // one of them; empty: any
    std::vector<std::string> audiences;  // one of them; "*": any
    double skew = 0;                     // seconds by which clocks may differ
    bool needs_end = true;               // whether there has to be an "exp"
};

/// Why the token is not good at that time, in seconds since 1970; empty: it is. `until`: the time at which it ends,
/// with the skew.
std::string claims_fault(const nlohmann::json& claims, const ClaimRules& rules, double now, double& until);

/// A claim as the value of a field: a text, a number, true or false, or a list of texts without commas. Empty: anything
/// else, or what no field can say.
std::string claim_value(const nlohmann::json& claims, const std::string& name);

}  // namespace ferrotunnel::plugins
