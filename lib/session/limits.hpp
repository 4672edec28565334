// The limits of sessions that are none of the whole library, each with its reason.
#pragma once

#include "base/token_bucket.hpp"

namespace ferrotunnel::limits {

/// Visits that a client opens on one trunk, at once and per second: each looks through all sessions for the service.
/// One more gets RESET `busy`.
inline constexpr Pace visits_pace{1'024, 256};

}  // namespace ferrotunnel::limits
