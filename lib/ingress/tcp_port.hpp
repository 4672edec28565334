// A public TCP port: accepts visitors on the worker of its service's trunk.
#pragma once

#include "base/log.hpp"
#include "net/ip_network.hpp"
#include "runtime/acceptor.hpp"
#include "session/server_session.hpp"

namespace ferrotunnel::ingress {

/// Accepts visitors from a listening socket, for session::ServerShared::open_port. `proxies` begin with a PROXY header
/// (preface.hpp) with the visitor's address. A visitor is rejected if the process has few descriptors left
/// (limits::descriptors_reserved_max). `log` outlives the ports.
directory::PortOpener tcp_port_opener(net::IpNetworks proxies, Logger& log);

}  // namespace ferrotunnel::ingress
