// The interface between a server that looks up a client's token and the plugin that knows it. lib/plugin asks the
// plugin; the server implements the answer.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace ferrotunnel::hooks {

/// What a client states before it has proved anything.
struct TokenStatement {
    std::string token_id;  // 16 hexadecimal digits
    std::string address;
    std::uint16_t port = 0;
    std::string name;  // chosen by the client, as all below
    std::string agent;
    std::vector<std::pair<std::string, std::string>> metadata{};
};

/// A token as the plugin knows it. Not checked yet.
struct FoundToken {
    std::string secret;
    std::string name;
    /// JSON: the keys of `server.token[]` without `name`, `secret` and `also`; empty: the rights of every token.
    std::string rights;
    Duration cached_for{};  // how long later logins are answered without the plugin
    Duration stale_for{};   // how much longer if the plugin fails
};

/// The right to answer once, on any thread. Its destruction without an answer is a failure.
class TokenAnswer {
public:
    virtual ~TokenAnswer() = default;

    virtual void accept(FoundToken found) noexcept = 0;
    /// The token does not exist.
    virtual void refuse() noexcept = 0;
    /// The token cannot be looked up now.
    virtual void fail(std::string why) noexcept = 0;
};

}  // namespace ferrotunnel::hooks
