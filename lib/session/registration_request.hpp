// What a client states of a service when it registers it on a trunk.
#pragma once

#include "base/result.hpp"
#include "session/offered_services.hpp"

namespace ferrotunnel::session {

/// The service as the server on this trunk is to register it, with what it had chosen for it before; or why it cannot:
/// a server is not asked for what its version does not have.
Result<wire::Service, const char*> registration_of(const OfferedService& offered, const TrunkState& trunk);

}  // namespace ferrotunnel::session
