// The endpoint's answer about a token: the token itself, which no message repeats, its name and its rights.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

struct TokenDecision {
    std::string fault{};  // why there is no decision; empty if there is one. Never has a text of the endpoint
    bool accepts = false;
    std::string secret{};  // if it accepts
    std::string name{};    // may be empty
    std::string rights{};  // JSON, or empty
};

/// Reads the body of a response, as strictly as read_decision().
TokenDecision read_token_decision(std::string_view body);

}  // namespace ferrotunnel::plugins
