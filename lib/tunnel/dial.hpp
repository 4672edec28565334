// Connects a stream that has arrived to the service behind this client.
#pragma once

#include <memory>

#include "runtime/worker.hpp"
#include "tunnel/client_service.hpp"
#include "tunnel/socket_pump.hpp"

namespace ferrotunnel::tunnel {

struct ClientShared;

/// On the worker, within on_open. The stream is accepted when the backend is connected (and speaks TLS, where it is
/// to), and aborted with `refused` or `timeout` when it can not be. What the visitor sends meanwhile waits in the
/// stream, within its first window.
void dial_backend(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                  IntrusivePtr<mux::Stream> stream, const wire::Address& visitor, const ClientShared& shared);

}  // namespace ferrotunnel::tunnel
