// Timestamps in RFC 3339 form.
#pragma once

#include <chrono>
#include <string>

namespace ferrotunnel {

/// Appends the time in UTC with milliseconds, as in RFC 3339: 2026-01-31T12:00:00.123Z. Thread-safe.
void append_iso_time(std::string& to, std::chrono::system_clock::time_point time);

}  // namespace ferrotunnel
