// Waits between requests for a state at a CA.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "acme/limits.hpp"

namespace ferrotunnel::acme {

/// The nth wait in a row (1 is the first): the CA's Retry-After within its bounds; without one 1, 2, 4, 8, 10 seconds.
inline std::chrono::seconds poll_time(std::optional<std::chrono::seconds> retry_after, unsigned nth) {
    if (retry_after) {
        return std::clamp(*retry_after, limits::poll_min, std::chrono::seconds(limits::poll_max));
    }
    const std::chrono::seconds usual = limits::poll_min * (1U << std::min(nth == 0 ? 0U : nth - 1, 8U));
    return std::min(usual, limits::poll_usual_max);
}

}  // namespace ferrotunnel::acme
