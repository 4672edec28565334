// Which of the servers that a welcome names a client may use.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/host_port.hpp"
#include "wire/cluster_part.hpp"

namespace ferrotunnel::session {

/// What the client knows of the server whose welcome it was.
struct ServerTrust {
    const std::vector<net::HostPort>& configured;              // of the client
    bool is_pinned = false;                                    // its key is the one that the user has set
    std::function<bool(const std::string& host)> certificate;  // whether its verified certificate covers the host
};

/// Clears the addresses that the client must not use, so that a server cannot send it anywhere: those whose host is not
/// configured, and not covered by the server's certificate, unless its key is pinned. A server proves itself in the
/// same way as the first one, whatever its address is.
void clear_forbidden(wire::ClusterPart& cluster, const ServerTrust& trust);

}  // namespace ferrotunnel::session
