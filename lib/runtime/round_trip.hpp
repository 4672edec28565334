// How far away the other end of a TCP connection is.
#pragma once

#include <optional>

#include "base/clock.hpp"

namespace ferrotunnel::runtime {

/// The shortest round trip that the kernel has seen on this connected socket; nothing where it has none, or tells none.
std::optional<Duration> shortest_round_trip(int fd) noexcept;

}  // namespace ferrotunnel::runtime
