// A public TCP port: accepts visitors on the worker of its service's trunk.
#pragma once

#include "runtime/acceptor.hpp"
#include "tunnel/server_session.hpp"

namespace ferrotunnel::ingress {

/// Opens a port for tunnel::ServerShared::open_port.
std::unique_ptr<tunnel::PublicPort> open_tcp_port(runtime::Worker& worker, const runtime::SocketAddress& at,
                                                  tunnel::VisitorHandler on_visitor, std::error_code& error);

}  // namespace ferrotunnel::ingress
