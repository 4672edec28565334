// Limits of the access log.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::access {

/// Lines of one worker that wait for the disk; further ones are dropped, and counted.
inline constexpr std::size_t lane_bytes_max = 1024 * 1024;
/// Maximum length of Referer and of User-Agent in a line.
inline constexpr std::size_t text_bytes_max = 1024;
/// The longest template, and the largest number of masked query parameters.
inline constexpr std::size_t template_bytes_max = 4096;
inline constexpr std::size_t masks_max = 256;

/// How long lines are gathered for one write.
inline constexpr std::chrono::milliseconds gather_time{20};
/// How long to wait for a full pipe before other orders are handled.
inline constexpr std::chrono::milliseconds pipe_time{100};
/// How soon writing is retried after a failure.
inline constexpr std::chrono::milliseconds retry_time{500};
/// How often the number of dropped lines is logged.
inline constexpr std::chrono::milliseconds report_interval{5'000};
/// How long the end may take to write the remaining lines.
inline constexpr std::chrono::milliseconds end_time{2'000};

}  // namespace ferrotunnel::access
