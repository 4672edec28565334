// The server's side of the login, sans-IO.
//
//    expect_hello --hello--> expect_auth --auth, proof verified--> proved --welcome()--> established
//         |                      |    |                              ^    |
//         |                      |    '--not proved--> looking_up ---'    |
//         |                      |                      offer(): proved   |
//         '----------------------'--anything else--> failed <--refuse(), anything received
//
// A client with an unknown token takes the same path as one with a wrong proof, at the same cost, against a random key,
// and gets the same response: nobody can find out from the server which tokens it has. The same holds where tokens are
// looked up (Settings::looks_up): an id without a token is offered null, which costs the same as a token.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "login/handshake.hpp"
#include "login/port_policy.hpp"
#include "login/rights.hpp"
#include "login/token.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::login {

/// A token that the server accepts, and what it allows.
struct AcceptedToken {
    std::string name;  // given by the operator, for logs; not the secret
    Token token;
    PortPolicy ports;                        // unless its rights override them
    std::shared_ptr<const Rights> rights{};  // null: the rights of every token
    /// A second secret that is accepted too, while clients change from one to the other. A client that has it is logged
    /// in with this token: what it holds belongs to the id of the first.
    std::optional<Token> also{};
    /// The server's id of the token as long as it runs, if that is not the id of the first secret: secrets may change
    /// meanwhile, and what the token holds stays its own.
    std::optional<TokenId> known_as{};

    const TokenId& id() const noexcept { return known_as ? *known_as : token.id; }
    bool is_known_by(const TokenId& id) const noexcept { return token.id == id || (also && also->id == id); }
    /// Whether `key` is one of the secrets. An id has 64 bits, which several secrets may have in common.
    bool has_secret(const Key& key) const noexcept { return token.key == key || (also && also->key == key); }
};

using AcceptedTokens = std::shared_ptr<const std::vector<AcceptedToken>>;

class ServerHandshake {
public:
    struct Settings {
        AcceptedTokens tokens;
        /// The RFC 9266 exporter of the TLS connection: 32 bytes; empty with tls off.
        std::vector<std::uint8_t> exporter{};
        wire::InstanceId instance{};
        Versions versions{};
        std::uint64_t features = 0;
        wire::HelloLimits limits{};
        Duration ping_interval = limits::ping_interval;
        Duration dead_interval = limits::dead_interval;
        std::string agent = wire::agent_name();
        /// How long a session may be resumed; only with feature::resume.
        Duration resume_window{};
        /// Whether too many wrong tokens have arrived from the client's address: then only strong tokens are
        /// considered, and any other is answered with `busy`. Empty: never.
        std::function<bool()> blocks_weak_tokens{};
        /// The cluster that the server is a member of, for clients with feature::cluster; null: none.
        std::shared_ptr<const wire::ClusterPart> cluster{};
        /// Tokens that are not among `tokens` are looked up elsewhere: Want::token.
        bool looks_up = false;
    };

    ServerHandshake(Settings settings, Random& random);

    Step receive(Bytes payload);
    /// What follows if the client has not proved an offered token.
    enum class IfWrong : std::uint8_t {
        offer_another,  // Want::token again
        refuse,         // the client is refused, as one with an unknown token
        try_later,      // no token could be looked up: the client is asked to try again
    };
    /// After Want::token: a token with the client's id; null: there is none. Costs one proof, always.
    Step offer(std::shared_ptr<const AcceptedToken> token, IfWrong if_wrong);
    /// After Want::decision: admits the client. `session` is a name for the logs of both sides.
    Step welcome(std::string session);
    /// After Want::decision for a client that requested it: continues the session with this key. `received`: how much
    /// of the session this side has.
    Step resumed(const Key& resume_key, std::uint64_t received);
    /// After Want::decision: rejects the client; the text is for its user.
    Step refuse(wire::Code code, std::string_view text);
    /// Call it when the client has sent GOAWAY.
    Step on_goaway(wire::Code code, std::string_view text);

    /// Whether the client's hello has arrived, and what it states, proved or not.
    bool has_hello() const noexcept { return !client_hello_.empty(); }
    const Agreement& stated() const noexcept { return agreement_; }
    const TokenId& stated_token() const noexcept { return token_id_; }
    /// Whether a token is wanted: the last step was Want::token.
    bool looks_up() const noexcept { return state_ == State::looking_up; }
    /// Whether the client wants to resume a session. Valid from Want::token on.
    bool asks_to_resume() const noexcept;
    /// The proofs that were computed to verify the client's. For tests.
    std::size_t proofs() const noexcept { return proofs_; }

    /// Valid after Want::decision and Want::nothing (the session's name only after the latter).
    const Agreement& agreed() const;
    const AcceptedToken& token() const;
    /// The id of the client's secret among those of the token.
    const TokenId& secret() const;
    /// Valid after Want::close.
    const HandshakeFailure& failure() const;
    /// Valid from Want::token or Want::close on: the token that the client named, if it was tried and is wrong so far.
    /// Also of a client that leaves, or is to try again, while the token is looked up: the server's own tokens were
    /// tried.
    const std::optional<TokenId>& wrong_token() const noexcept { return wrong_token_; }

private:
    enum class State : std::uint8_t { expect_hello, expect_auth, looking_up, proved, established, failed };

    Step on_hello(const wire::Hello& hello, Bytes payload);
    Step on_auth(const wire::Auth& auth);
    Step fail(HandshakeFailure failure);
    struct Found {
        const AcceptedToken* accepted = nullptr;
        const Token* token = nullptr;  // the one with the id among its secrets
    };
    Found find(const wire::TokenId& id) const noexcept;
    bool prove(Found found);
    Step decide();
    Step fail_unproved();
    bool is_closed() const;
    Transcript transcript() const;
    wire::Welcome make_welcome() const;

    Settings settings_;
    State state_ = State::expect_hello;
    wire::Nonce nonce_{};
    wire::ResumeId resume_id_{};
    Key dummy_key_;
    wire::TokenId token_id_{};
    wire::Nonce client_nonce_{};
    wire::ControlPayload client_hello_;
    wire::ControlPayload server_hello_;
    wire::Auth auth_;
    const AcceptedToken* in_table_ = nullptr;       // the one with the client's id, if its proof was wrong
    std::shared_ptr<const AcceptedToken> offered_;  // null: none, or `found_` is in *settings_.tokens
    Found found_;                                   // of the last proof that was verified
    std::size_t proofs_ = 0;
    Agreement agreement_;
    std::optional<HandshakeFailure> failure_;
    std::optional<TokenId> wrong_token_;
};

}  // namespace ferrotunnel::login
