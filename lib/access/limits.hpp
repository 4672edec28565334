// Bounds of the access log.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::access {

/// Lines of one worker that wait for the disk; beyond that they are dropped, and counted.
inline constexpr std::size_t lane_bytes_max = 1024 * 1024;
/// How much of Referer and of User-Agent a line has.
inline constexpr std::size_t text_bytes_max = 1024;
/// The longest template, and the most names of query parameters that are masked.
inline constexpr std::size_t template_bytes_max = 4096;
inline constexpr std::size_t masks_max = 256;

/// How long lines are gathered for one write.
inline constexpr std::chrono::milliseconds gather_time{20};
/// How long a pipe is waited for that is full, before others' orders are looked at.
inline constexpr std::chrono::milliseconds pipe_time{100};
/// How soon it is tried again where lines cannot be written.
inline constexpr std::chrono::milliseconds retry_time{500};
/// How often the log says how many lines were dropped.
inline constexpr std::chrono::milliseconds tell_time{5'000};
/// How long the end may take to write what waits.
inline constexpr std::chrono::milliseconds end_time{2'000};

}  // namespace ferrotunnel::access
