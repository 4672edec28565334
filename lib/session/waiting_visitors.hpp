// Visitors in the queue of a service whose trunk no longer carries it.
#pragma once

#include "directory/visitor_line.hpp"

namespace ferrotunnel::session {

/// Passes them to other trunks of the service. A visitor without another trunk, or at a private service, is reset.
void send_to_others(directory::VisitorLine line);

}  // namespace ferrotunnel::session
