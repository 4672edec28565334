// Reports hosts that clients offer, for which the server may order certificates.
#pragma once

#include <string>

#include "directory/http_description.hpp"

namespace ferrotunnel::session {

struct ServerShared;

/// Calls ServerShared::on_host_offered for each exact host of an open service. TLS passthrough has none: its
/// certificates are the client's, and patterns have none. `is_assigned`: the server chose the host.
void report_offered_hosts(const ServerShared& shared, const directory::HttpDescription& service,
                          const std::string& token_name, bool is_assigned);

}  // namespace ferrotunnel::session
