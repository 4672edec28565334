// A public TCP port: accepts visitors on the worker of its service's trunk.
#pragma once

#include "runtime/acceptor.hpp"
#include "tunnel/server_session.hpp"

namespace ferrotunnel::ingress {

/// Takes visitors from a listening socket, for tunnel::ServerShared::open_port.
std::unique_ptr<tunnel::PublicPort> open_tcp_port(runtime::Worker& worker, runtime::Fd listener,
                                                  tunnel::VisitorHandler on_visitor);

}  // namespace ferrotunnel::ingress
