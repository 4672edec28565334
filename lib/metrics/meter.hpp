// Per-thread byte counters for both directions.
#pragma once

#include "base/counter.hpp"

namespace ferrotunnel::metrics {

/// Payload over a trunk. Has a cache line of its own, so that counting threads do not slow each other down.
struct alignas(64) Meter {
    Counter received;
    Counter sent;
};

}  // namespace ferrotunnel::metrics
