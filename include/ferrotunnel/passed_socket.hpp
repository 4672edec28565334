// A socket passed between processes, or from a service manager.
#pragma once

#include <string>

namespace ferrotunnel {

/// A listening TCP socket, or a bound UDP socket. The owner of this object owns the descriptor.
struct PassedSocket {
    int descriptor = -1;
    /// Its purpose: "clients", "http", "https", "connect", "cluster", "metrics", "dashboard", or a public port, as
    /// "tcp-2222" or "udp-53". Other names, and none, mean public ports, too.
    std::string name{};
    /// A service manager keeps it and no other process accepts on it, so it may be made to stop listening if its
    /// address has changed. False for the sockets of a socket unit, and for those of a server that is replaced.
    bool is_kept = false;
};

}  // namespace ferrotunnel
