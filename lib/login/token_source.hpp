// Where the server looks up tokens that are in none of its tables: the application, or a plugin.
//
//   Authenticator --look_up(query, reply)--> TokenSource     later, on any thread: reply.accept(), refuse() or fail()
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "login/rights.hpp"
#include "login/token.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::login {

class Authenticator;

/// What a client has stated in its hello, before it has proved anything.
struct TokenQuery {
    TokenId id{};
    runtime::SocketAddress from{};
    std::string agent{};                            // its program and version; from the peer
    std::string name{};                             // its own name for itself, or empty; from the peer
    std::map<std::string, std::string> metadata{};  // likewise
};

/// A token as its source knows it.
struct TokenGrant {
    Token token;                             // its id must be the one in the query
    std::string name;                        // for logs and rights; not empty
    std::shared_ptr<const Rights> rights{};  // null: those of every token
    /// How long later logins are answered from the cache. Zero: each login asks.
    Duration cached_for{};
    /// How much longer a login is answered so if the source fails to answer it. Zero: it is refused then.
    Duration stale_for{};
};

/// The right to answer one query, once, on any thread. Without an answer its destruction is a failure. An answer that
/// is late, or a second one, does nothing.
class TokenReply {
public:
    TokenReply(std::weak_ptr<Authenticator> to, std::uint64_t call) noexcept : to_(std::move(to)), call_(call) {}
    TokenReply(TokenReply&& other) noexcept : to_(std::move(other.to_)), call_(std::exchange(other.call_, 0)) {}
    TokenReply& operator=(TokenReply&& other) noexcept;
    ~TokenReply();

    /// The token exists: the client still has to prove it.
    void accept(TokenGrant grant) noexcept;
    /// The token does not exist: answered like a wrong proof.
    void refuse() noexcept;
    /// The token cannot be looked up now: the client is asked to try again. `why` is for the log.
    void fail(std::string why) noexcept;
    /// Whether an answer still has an effect.
    bool is_wanted() const noexcept;

private:
    std::weak_ptr<Authenticator> to_;
    std::uint64_t call_ = 0;  // 0: answered, or moved from
};

/// Any number of calls may wait for their answers, within the Authenticator's bounds.
class TokenSource {
public:
    virtual ~TokenSource() = default;

    /// Where it finds tokens, for the audit log: "handler" (of the application) or "plugin". A literal.
    virtual const char* kind() const noexcept { return "handler"; }
    /// Called in a turn of its own on the session's worker; must not block. It may answer within the call. An exception
    /// is a failure.
    virtual void look_up(const TokenQuery& query, TokenReply reply) = 0;
};

}  // namespace ferrotunnel::login
