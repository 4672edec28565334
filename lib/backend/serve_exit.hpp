// Hears where a visitor of an exit wants to go, and connects its stream to that.
#pragma once

#include <memory>

#include "backend/dial.hpp"

namespace ferrotunnel::backend {

/// Speaks with the visitor of `stream`, whose service has an exit; to be called on the worker, within on_open. The
/// stream is accepted at once: whether the visitor gets anywhere, it hears in its own protocol. Names are resolved by
/// this client, and their addresses are held against the list of destinations before one is connected to.
void serve_exit(runtime::Worker& worker, std::shared_ptr<const ClientService> service, IntrusivePtr<mux::Stream> stream,
                const net::Address& visitor, DialShared shared);

}  // namespace ferrotunnel::backend
