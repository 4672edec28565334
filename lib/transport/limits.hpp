// The limits of visits between clients, each with its reason.
#pragma once

#include <cstdint>

namespace ferrotunnel::limits {

/// Handshakes of visits to one service at a time. Who has not proved the key gets no more memory than that; a page
/// with many connections, or a pool of them, begins some dozens.
inline constexpr std::uint32_t visit_handshakes_max = 256;

}  // namespace ferrotunnel::limits
