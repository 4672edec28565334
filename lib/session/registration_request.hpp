// Builds a client's request to register a service on a trunk.
#pragma once

#include "base/result.hpp"
#include "session/offered_services.hpp"

namespace ferrotunnel::session {

/// The service as the server on this trunk should register it, with what it had assigned before; or why it cannot:
/// nothing is requested that the server's version does not support.
Result<wire::Service, const char*> registration_of(const OfferedService& offered, const TrunkState& trunk);

}  // namespace ferrotunnel::session
