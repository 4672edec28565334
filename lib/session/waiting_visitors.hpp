// Visitors that wait in the line of a service whose trunk does not carry it any more.
#pragma once

#include "directory/visitor_line.hpp"

namespace ferrotunnel::session {

/// Sends them to other trunks of the service. One that has no other trunk, or is at a private service, is reset.
void send_to_others(directory::VisitorLine line);

}  // namespace ferrotunnel::session
