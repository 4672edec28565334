#include "fetch/tls_contexts.hpp"

#include "fetch/limits.hpp"
#include "net/host_port.hpp"

namespace ferrotunnel::fetch {

std::shared_ptr<transport::TlsContext> TlsContexts::get(const std::string& host, const std::string& ca_file,
                                                        TimePoint now) {
    const std::pair<std::string, std::string> key(net::without_zone(host), ca_file);
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.until > now) {
        return found->second.context;
    }
    transport::TlsBackendSettings settings;
    settings.server_name = key.first;
    settings.ca_file = ca_file;
    settings.protocol = "http/1.1";
    const Entry made{transport::TlsContext::make_for_backend(settings), now + context_time};
    if (found == entries_.end() && entries_.size() == contexts_max) {
        entries_.clear();  // connections keep theirs
    }
    entries_.insert_or_assign(key, made);
    return made.context;
}

}  // namespace ferrotunnel::fetch
