// A join string: everything that a client needs to know about its server, in one line that people copy.
//
//    ftjoin:tunnel.example.com:7835,ft1_AAEC...,sha256:DSHu...
//           server                  token       the server's key; may be left out
//
// It contains the token, so it is as secret. It needs no quotes in a shell.
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
    std::string pin;  // empty: only the token proves the server
};

Secret join_string(const Join& join);

/// Whether `text` begins like a join string; whitespace and quotation marks around it do not matter.
bool looks_like_join(std::string_view text);

/// Empty if it is not valid: `error` then has the reason, without the text. The library checks the server's address and
/// the pin.
std::optional<Join> parse_join(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
