// Retry-After of a response (RFC 9110, 10.2.3).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace ferrotunnel::fetch {

/// How long to wait, from a number of seconds or a date; 0 for a time that has passed, at most a day. Empty for
/// anything else.
std::optional<std::chrono::seconds> read_retry_after(std::string_view value, std::chrono::system_clock::time_point now);

}  // namespace ferrotunnel::fetch
