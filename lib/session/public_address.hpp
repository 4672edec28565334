// Public address of a service, as reported to its client and shown to people.
#pragma once

#include <string>

#include "session/server_shared.hpp"
#include "session/session_service.hpp"

namespace ferrotunnel::session {

/// The HTTPS place if TLS is passed through, or if there is a certificate for its host; otherwise the HTTP place.
const HttpPublic& public_place_of(const ServerShared& shared, const directory::HttpDescription& service);

/// What the client learns about a service with this port, or with these hosts (null: none). A private service has
/// neither.
wire::RegisteredService registered_as(const ServerShared& shared, const SessionService& service,
                                      const runtime::SocketAddress& at, const directory::HttpDescription* hosts);
/// Like the function above, for a service that is open, or waits for a place.
wire::RegisteredService registered_as(const ServerShared& shared, const SessionService& service);

}  // namespace ferrotunnel::session
