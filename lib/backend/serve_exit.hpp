// Serves a visitor of an exit: reads the destination, and connects the visitor's stream to it.
#pragma once

#include <memory>

#include "backend/dial.hpp"

namespace ferrotunnel::backend {

/// Talks to the visitor of `stream`, whose service has an exit; call it on the worker, within on_open. The stream is
/// accepted at once: the visitor learns in its own protocol whether the connection succeeds. This client resolves the
/// names, and checks their addresses against the list of destinations before it connects to one.
void serve_exit(runtime::Worker& worker, std::shared_ptr<const ClientService> service, IntrusivePtr<mux::Stream> stream,
                const net::Address& visitor, DialShared shared);

}  // namespace ferrotunnel::backend
