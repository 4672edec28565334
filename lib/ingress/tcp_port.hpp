// A public TCP port: accepts visitors on the worker of its service's trunk.
#pragma once

#include "base/log.hpp"
#include "runtime/acceptor.hpp"
#include "tunnel/server_session.hpp"
#include "wire/ip_network.hpp"

namespace ferrotunnel::ingress {

/// Takes visitors from a listening socket, for tunnel::ServerShared::open_port.
std::unique_ptr<tunnel::PublicPort> open_tcp_port(runtime::Worker& worker, runtime::Fd listener,
                                                  tunnel::VisitorHandler on_visitor);

/// The same with proxies in front, which begin with a PROXY header (preface.hpp) that says who the visitor is. `log`
/// outlives the ports.
tunnel::PortOpener tcp_port_opener(wire::IpNetworks proxies, Logger& log);

}  // namespace ferrotunnel::ingress
