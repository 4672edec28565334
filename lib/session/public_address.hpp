// Where visitors find a service, as its client and people are told.
#pragma once

#include <string>

#include "session/server_shared.hpp"
#include "session/session_service.hpp"

namespace ferrotunnel::session {

/// The HTTPS place if TLS passes untouched, or if there is a certificate for its host; else the HTTP place.
const HttpPublic& public_place_of(const ServerShared& shared, const directory::HttpDescription& service);

/// What the client learns of a service with this port, or with these hosts (null: none). A private service has neither.
wire::RegisteredService registered_as(const ServerShared& shared, const SessionService& service,
                                      const runtime::SocketAddress& at, const directory::HttpDescription* hosts);
/// The same of a service that is open.
wire::RegisteredService registered_as(const ServerShared& shared, const SessionService& service);

}  // namespace ferrotunnel::session
