// The login of a session: the proof of its token, its admission, and the welcome.
//
//   begin --receive--> proved --plugins--> admit --registry--> admitted --> welcome
//      |                ^  |                 |                   |
//      |--TokenLookup---'  |                 |                   |
//      '-------------------'-----------------'-------------------'--> refused
//                                         \--the client has a session here--> resume
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "directory/registry.hpp"
#include "login/handshake_server.hpp"
#include "login/secret_use.hpp"
#include "session/session_context.hpp"
#include "session/session_plugins.hpp"
#include "session/session_rights.hpp"
#include "session/token_lookup.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::session {

/// A secret counts as used by a client as long as this lives.
class UsedSecret {
public:
    UsedSecret(std::shared_ptr<login::SecretUse> use, const login::TokenId& secret, const std::string& peer);
    UsedSecret(const UsedSecret&) = delete;
    UsedSecret& operator=(const UsedSecret&) = delete;
    ~UsedSecret();

private:
    const std::shared_ptr<login::SecretUse> use_;
    const login::TokenId secret_;
};

/// Lives on the session's worker. It fills in the session's facts.
class SessionLogin {
public:
    struct Needs {
        const SessionContext& at;
        SessionFacts& facts;
        const SessionExecutor& executor;
        const SessionRights& rights;
        SessionPlugins* plugins;                                            // null if the server has none
        std::function<std::shared_ptr<directory::SessionHandle>()> handle;  // the session's handle
        std::function<void(const wire::ControlPayload&)> send;              // to the client
        std::function<void(wire::Code code, const std::string& text)> end;  // ends the trunk
        std::function<bool()> has_ended;
        std::function<bool()> is_authenticating;  // false if the trunk has failed, and its end follows
        std::function<void()> resume;             // the client wants to resume an earlier session
        std::function<void()> welcomed;
    };

    /// `over` is called once, when the peer no longer counts as one that has not proved its token.
    SessionLogin(Needs needs, std::function<void(bool welcome)> over)
        : needs_(std::move(needs)), over_(std::move(over)) {}

    void begin(transport::Pipe& pipe);
    void receive(Bytes message);
    /// Plugins have accepted the client: requests admission from the registry, or resumes.
    void admit();
    void refuse(const directory::Refusal& refusal);
    /// Ends the trunk if the token is not proved yet, to free its place.
    void end_if_unauthenticated();
    /// Counts the client's token as wrong, once, if it was not proved. Called at the end of each session.
    void count_wrong_token();
    /// Called when the login has ended: the client was welcomed, or the session has ended.
    void finish() noexcept;
    /// No token is looked up any more.
    void stop() noexcept { lookup_.reset(); }
    /// Removes the session from the registry.
    void leave_registry() noexcept;
    /// The client no longer uses its secret.
    void release_secret() noexcept { used_.reset(); }
    /// Moves the handshake to the session that continues with this connection.
    std::unique_ptr<login::ServerHandshake> transfer() { return std::move(handshake_); }

    bool has_begun() const noexcept { return handshake_ != nullptr; }
    bool is_proved() const noexcept { return state_ != State::expects_proof; }
    bool is_welcome() const noexcept { return state_ == State::welcome; }
    bool is_admitted() const noexcept { return admitted_; }
    /// The login was refused, which was reported.
    bool is_refused() const noexcept { return was_refused_; }
    /// Whether an end with this text came from a peer that had proved nothing: not reported.
    bool is_unreported_end(std::string_view text) const noexcept {
        return was_evicted_ || (handshake_ && !is_proved() && !text.empty());
    }

private:
    enum class State : std::uint8_t { expects_proof, proved, welcome };

    void apply_step(const login::Step& step);
    void look_up();
    void on_admitted(const std::optional<directory::Refusal>& refusal);
    bool counts_failures() const noexcept;
    directory::SessionInfo info() const;

    const Needs needs_;
    std::function<void(bool welcome)> over_;
    std::unique_ptr<login::ServerHandshake> handshake_;  // until the welcome is sent
    std::unique_ptr<TokenLookup> lookup_;                // while the token is looked up
    std::unique_ptr<UsedSecret> used_;
    State state_ = State::expects_proof;
    bool admitted_ = false;  // the registry has the session
    bool was_evicted_ = false;
    bool was_refused_ = false;
    bool is_counted_ = false;  // as one with a wrong token
};

}  // namespace ferrotunnel::session
