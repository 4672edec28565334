// Parses dates with times as in RFC 3339.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::config {

/// Parses "2027-03-31T23:59:59Z" or "2027-03-31 23:59:59.5+02:00", in UTC and truncated to seconds. A leap second is
/// treated as the second before it. Empty if the text is not a valid date, or has no offset.
std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) noexcept;

/// Formats the moment in the same form, in UTC.
std::string timestamp_text(std::chrono::system_clock::time_point moment);

}  // namespace ferrotunnel::config
