// Time types of the core, which gets the time with each call. Nothing below runtime/ reads a clock.
#pragma once

#include <chrono>

namespace ferrotunnel {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

/// "No deadline": later than any other time.
inline constexpr TimePoint never = TimePoint::max();

}  // namespace ferrotunnel
