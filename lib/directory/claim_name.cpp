#include "directory/claim_name.hpp"

namespace ferrotunnel::directory {

std::string ClaimName::text() const {
    if (is_port()) {
        return (transport == Transport::udp ? "Public UDP port " : "Public port ") + std::to_string(port);
    }
    const std::string text = host == "*" ? "The default service" : "The host " + host;
    if (path == tls_instead_of_path) {
        return text + " for TLS";
    }
    return path.empty() || path == "/" ? text : text + " with the path " + path;
}

}  // namespace ferrotunnel::directory
