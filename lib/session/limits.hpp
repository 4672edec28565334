// The limits of sessions that are none of the whole library, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.hpp"
#include "base/token_bucket.hpp"

namespace ferrotunnel::limits {

/// Visits that a client opens on one trunk, at once and per second: each looks through all sessions for the service.
/// One more gets RESET `busy`.
inline constexpr Pace visits_pace{1'024, 256};

/// Requests about a client's services that wait for its answer, on one connection: an operator makes one at a time.
inline constexpr std::size_t manage_requests_max = 8;
/// How long such a request waits: the control API has one thread, which does nothing else meanwhile.
inline constexpr Duration manage_patience = std::chrono::seconds(5);

}  // namespace ferrotunnel::limits
