// Reports hosts that clients offer, for which the server may order certificates.
#pragma once

#include <string>

#include "session/session_service.hpp"

namespace ferrotunnel::session {

struct ServerShared;

/// Calls ServerShared::on_host_offered for each exact host of this service, which is open. TLS passthrough has none:
/// its certificates are the client's, and patterns have none.
void report_offered_hosts(const ServerShared& shared, const SessionService& service, const std::string& token_name);

}  // namespace ferrotunnel::session
