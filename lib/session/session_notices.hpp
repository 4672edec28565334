// Reports about a session: log lines, and notices to the application.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "session/server_shared.hpp"
#include "session/session_context.hpp"
#include "session/session_service.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

/// The service that an event is about.
struct NoticedService {
    std::string name;
    wire::ServiceKind kind;
    std::string endpoint{};
};

/// Notifies the application of an event of the session.
void notify(const SessionContext& at, ServerNotice::Kind kind, wire::Code code, const std::string& text,
            std::size_t trunks = 0);
/// Likewise, of an event of one of its services.
void notify(const SessionContext& at, ServerNotice::Kind kind, const NoticedService& service, wire::Code code,
            const std::string& text);

/// Reports a failure of a peer without a login, within limits: any peer can cause failures at any rate. `notifies`:
/// also to the application. For a peer that has proved its token the line has the names of client and token.
void report_unauthenticated(const SessionContext& at, const char* what, wire::Code code, const std::string& why,
                            bool notifies);

/// Logs that a client has connected; `tls`: the connection's encryption.
void log_session_begin(const SessionContext& at, const std::string& tls);
/// Counts a violation by the client, and logs the end of a client that had logged in.
void report_session_end(const SessionContext& at, trunk::Trunk& trunk, std::uint64_t visitors,
                        const trunk::TrunkEnd& end);
/// Logs that the visitors of a service form a forwarding loop.
void log_loop(const SessionContext& at, const SessionService& service);
/// Logs that an exception has ended the session.
void log_failed_session(const SessionContext& at, const std::exception& problem);

}  // namespace ferrotunnel::session
