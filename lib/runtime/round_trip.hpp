// Round-trip time of a TCP connection.
#pragma once

#include <optional>

#include "base/clock.hpp"

namespace ferrotunnel::runtime {

/// The shortest round trip that the kernel has seen on this connected socket; empty if there is none yet, or if the
/// kernel does not report it.
std::optional<Duration> shortest_round_trip(int fd) noexcept;

}  // namespace ferrotunnel::runtime
