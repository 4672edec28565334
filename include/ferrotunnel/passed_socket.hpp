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
};

}  // namespace ferrotunnel
