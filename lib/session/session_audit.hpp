// Lines of the audit log about sessions: logins, services, and their refusals. They do nothing without an audit log.
#pragma once

#include <string>

#include "directory/registry.hpp"
#include "login/handshake_server.hpp"
#include "session/session_context.hpp"
#include "transport/pipe.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

/// A client was welcomed on this connection.
void audit_login(const SessionContext& at, const transport::Pipe& pipe);
/// A client continues its session over another connection.
void audit_resume(const SessionContext& at, const transport::Pipe& pipe);
/// A login was refused. `handshake`: what the client has claimed; null if it has claimed nothing.
void audit_refused_login(const SessionContext& at, wire::Code code, const std::string& why,
                         const login::ServerHandshake* handshake);
/// A service is open at `address`.
void audit_service(const SessionContext& at, const wire::Service& service, const std::string& address);
void audit_refused_service(const SessionContext& at, const wire::Service& service, const directory::Refusal& refusal);

}  // namespace ferrotunnel::session
