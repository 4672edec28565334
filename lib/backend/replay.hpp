// Sends a recorded request to its backend again: over a stream, like a visitor's, so that it works with every kind of
// backend. Only the inspector gets the response.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backend/client_service.hpp"
#include "backend/dial.hpp"
#include "base/permits.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::backend {

/// Sends `request` to an HTTP service that has a backend. Called on the worker. `shared` has an inspector, and the
/// number of the record. It ends with the response, with the backend, or after limits::inspect_replay_deadline;
/// `ticket` is kept until then.
void replay(runtime::Worker& worker, std::shared_ptr<const ClientService> service, std::string request,
            DialShared shared, PermitPtr ticket);

}  // namespace ferrotunnel::backend
