// Rights of a session's token. They are looked up at each call, since they may have changed since the login.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "directory/service_tokens.hpp"
#include "login/handshake_server.hpp"
#include "session/session_context.hpp"
#include "session/session_service.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker. A refusal has the reason; empty: permitted.
class SessionRights {
public:
    using Refusal = directory::Refusal;

    explicit SessionRights(const SessionContext& at) : at_(at) {}

    /// Whether the token may be used, by this client and from its address.
    std::optional<Refusal> refuse_login() const;
    /// Whether the token is the one of the login.
    std::optional<Refusal> refuse_token() const;
    /// The refusal if the token has expired.
    std::optional<Refusal> refuse_expired() const;
    /// The token as it is now; null if the server no longer accepts it.
    std::shared_ptr<const login::AcceptedToken> token() const;

    std::optional<Refusal> refuse_kind(wire::ServiceKind kind) const;
    /// Whether a service may exist without the proof of a token of its own.
    std::optional<Refusal> refuse_unproved(const directory::ReachedBy& service,
                                           const std::optional<wire::Proof>& proof) const;
    /// Like the function above, for a registered service, including what the server assigned to it.
    std::optional<Refusal> refuse_unproved(const SessionService& service) const;
    /// Whether the token may keep a service that it has, or is about to have.
    std::optional<Refusal> refuse_present(const SessionService& service, const login::PortPolicy& every_token) const;
    /// The listen address of a port whose client requests `bind`, which may be empty.
    Result<runtime::SocketAddress, Refusal> address_for(const std::string& bind) const;
    /// Counts a service towards the token's quota for as long as the service lives.
    std::optional<Refusal> count_service(SessionService& service) const;

private:
    const SessionContext& at_;
};

}  // namespace ferrotunnel::session
