#include "session/offered_hosts.hpp"

#include "session/server_shared.hpp"

namespace ferrotunnel::session {

void report_offered_hosts(const ServerShared& shared, const directory::HttpDescription& service,
                          const std::string& token_name, bool is_assigned) {
    if (!shared.on_host_offered || service.passthrough) {
        return;
    }
    for (const std::string& host : service.hosts) {
        if (!host.starts_with('*')) {
            shared.on_host_offered(host, token_name, is_assigned);
        }
    }
}

}  // namespace ferrotunnel::session
