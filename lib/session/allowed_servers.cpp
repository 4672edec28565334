#include "session/allowed_servers.hpp"

#include <algorithm>
#include <optional>

namespace ferrotunnel::session {

namespace {

bool is_same_host(const std::string& a, const std::string& b) noexcept {
    const auto lower = [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_allowed(const std::optional<net::HostPort>& server, const ServerTrust& trust) {
    if (!server || server->port == 0 || server->host.empty()) {
        return false;
    }
    const bool is_configured = std::ranges::any_of(
        trust.configured, [&](const net::HostPort& one) { return is_same_host(one.host, server->host); });
    return is_configured || trust.is_pinned || (trust.certificate && trust.certificate(server->host));
}

}  // namespace

void clear_forbidden(wire::ClusterPart& cluster, const ServerTrust& trust) {
    for (wire::ClusterPart::Member& other : cluster.others) {
        if (!is_allowed(net::parse_host_port(other.address), trust)) {
            other.address.clear();
        }
    }
}

}  // namespace ferrotunnel::session
