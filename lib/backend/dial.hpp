// Connects a stream that has arrived to the service behind this client.
#pragma once

#include <memory>

#include "backend/client_service.hpp"
#include "backend/own_visits.hpp"
#include "base/log.hpp"
#include "runtime/worker.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::backend {

/// What the connections of one client to its services have in common.
struct DialShared {
    std::shared_ptr<trunk::Traffic> traffic;
    std::shared_ptr<OwnVisits> own_visits;
    Logger& log;
};

/// On the worker, within on_open. The stream is accepted when the backend is connected (and speaks TLS, where it is
/// to), and aborted with `refused` or `timeout` when it can not be. What the visitor sends meanwhile waits in the
/// stream, within its first window.
void dial_backend(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                  IntrusivePtr<mux::Stream> stream, const net::Address& visitor, DialShared shared);

}  // namespace ferrotunnel::backend
