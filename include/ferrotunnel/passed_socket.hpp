// A socket that goes from one process to another, or comes from a service manager.
#pragma once

#include <string>

namespace ferrotunnel {

/// A TCP socket that listens, or a UDP socket that is bound. The owner of this owns the descriptor.
struct PassedSocket {
    int descriptor = -1;
    /// What it is for: "clients", "http", "https", "connect", "metrics", "dashboard", or a public port, as "tcp-2222"
    /// or "udp-53". Other names, and none, are public ports, too.
    std::string name{};
    /// A service manager keeps it, and no process accepts at it: where an address has changed, it may be made to listen
    /// no more. Not for the sockets of a socket unit, nor for those of a server whose place is taken.
    bool is_kept = false;
};

}  // namespace ferrotunnel
