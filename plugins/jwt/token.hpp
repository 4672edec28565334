// A JSON Web Token (RFC 7519) in its compact form, before its signature is checked.
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

/// Empty, with the reason in `fault`: a token that is too long or broken, or whose header requires something
/// unsupported ("crit", "b64", a type of another purpose). Sources of keys in the header ("jku", "x5u", "jwk", "x5c")
/// are ignored.
std::optional<Token> read_token(std::string_view text, std::string& fault);

/// The rules for the claims of a token.
struct ClaimRules {
    std::vector<std::string> issuers;    // one of them; empty: any
    std::vector<std::string> audiences;  // one of them; "*": any
    double skew = 0;                     // allowed clock difference in seconds
    bool needs_end = true;               // whether "exp" is required
};

/// Why the token is not valid at `now`, in seconds since 1970; empty if it is. `until`: its expiry, with the skew.
std::string claims_fault(const nlohmann::json& claims, const ClaimRules& rules, double now, double& until);

/// A claim as a field value: a text, a number, true or false, or a list of texts without commas. Empty for anything
/// else, and for text that no field can have.
std::string claim_value(const nlohmann::json& claims, const std::string& name);

}  // namespace ferrotunnel::plugins
