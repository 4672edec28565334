// A request that was recorded goes to its backend again: by a stream, as a visitor's does, so that every kind of
// backend takes it. What comes back is for the inspector alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backend/client_service.hpp"
#include "backend/dial.hpp"
#include "base/permits.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::backend {

/// Sends `request` to an HTTP service, which has a backend. On the worker. `shared` has an inspector, and the number of
/// the record. It ends with the answer, with the backend, or after limits::inspect_replay_deadline; `ticket` is kept
/// until then.
void replay(runtime::Worker& worker, std::shared_ptr<const ClientService> service, std::string request,
            DialShared shared, PermitPtr ticket);

}  // namespace ferrotunnel::backend
