// Scenarios of the HTTP edge.
#pragma once

#include <cstdint>

namespace ferrotunnel::instructions {

void edge_request(std::uint64_t requests);

}  // namespace ferrotunnel::instructions
