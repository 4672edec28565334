// Limits of visits between clients at their ends, each with its reason.
#pragma once

#include <cstddef>

#include "base/units.hpp"

namespace ferrotunnel::limits {

/// How much a flow of sealed datagrams may have queued for sending. Sealed data cannot be dropped any more, so only
/// little may wait: at 10 Mbit/s this is a fifth of a second, and it is more than a round of a port brings.
inline constexpr std::size_t sealed_datagrams_queued_max = 256_KiB;
/// How much waits in a flow until the key was proved.
inline constexpr std::size_t sealed_waiting_datagrams_max = 16;
inline constexpr std::size_t sealed_waiting_bytes_max = 128_KiB;

}  // namespace ferrotunnel::limits
