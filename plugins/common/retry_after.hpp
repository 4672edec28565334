// The field Retry-After.
#pragma once

#include <chrono>
#include <string>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// Retry-After (RFC 9110, 10.2.3) for `wait`, rounded up to seconds, so that a visitor does not retry too early. At
/// least 1.
inline plugin::Field retry_after(std::chrono::nanoseconds wait) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    return {"Retry-After", std::to_string(seconds > 0 ? seconds : 1)};
}

}  // namespace ferrotunnel::plugins
