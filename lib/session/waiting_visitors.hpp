// Visitors in the queue of a service whose trunk no longer carries it.
#pragma once

#include "directory/visitor_queue.hpp"

namespace ferrotunnel::session {

/// Passes them to other trunks of the service. A visitor without another trunk, or at a private service, is reset.
void reroute_visitors(directory::VisitorQueue queue);

}  // namespace ferrotunnel::session
