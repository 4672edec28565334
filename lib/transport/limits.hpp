// Limits of visits between clients, each with its reason.
#pragma once

#include <cstdint>

namespace ferrotunnel::limits {

/// Simultaneous handshakes of visits to one service, which limits the memory for visitors that have not proved the key;
/// a page with many connections, or a pool of them, begins some dozens.
inline constexpr std::uint32_t visit_handshakes_max = 256;

}  // namespace ferrotunnel::limits
