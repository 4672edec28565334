// A join string: all that a client needs to know of its server, in one line that people copy.
//
//    ftjoin:tunnel.example.com:7835,ft1_AAEC...,sha256:DSHu...
//           server                  token       the server's key; may be left out
//
// It holds the token, so it is as secret as that. Nothing in it needs quotes in a shell.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli {

inline constexpr std::string_view join_prefix = "ftjoin:";

struct Join {
    std::string server;
    Secret token;
    std::string pin;  // empty: the token alone proves the server
};

Secret join_string(const Join& join);

/// Whether it begins as one does; blanks and quotation marks around it do not matter.
bool looks_like_join(std::string_view text);

/// Nothing: `error` says what is wrong, without repeating the text. What the server's address and pin are worth is for
/// the library to judge.
std::optional<Join> parse_join(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
