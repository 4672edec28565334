// Bytes that pass both ways, as one thread counts them.
#pragma once

#include "base/counter.hpp"

namespace ferrotunnel::metrics {

/// Payload by a trunk. Has a cache line of its own, so that who counts never waits for who counts something else.
struct alignas(64) Meter {
    Counter received;
    Counter sent;
};

}  // namespace ferrotunnel::metrics
