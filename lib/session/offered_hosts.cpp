#include "session/offered_hosts.hpp"

#include "session/server_shared.hpp"

namespace ferrotunnel::session {

void report_offered_hosts(const ServerShared& shared, const SessionService& service, const std::string& token_name) {
    if (!shared.on_host_offered || !service.http || service.http->description().passthrough) {
        return;
    }
    for (const std::string& host : service.http->description().hosts) {
        if (!host.starts_with('*')) {
            shared.on_host_offered(host, token_name, service.assigned);
        }
    }
}

}  // namespace ferrotunnel::session
