// Parses a date with its time, as RFC 3339 writes it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::config {

/// Parses "2027-03-31T23:59:59Z" or "2027-03-31 23:59:59.5+02:00", in UTC and to the second: a fraction is left out. A
/// leap second is the second before it. Nothing: the text is no such date, or has no offset.
std::optional<std::chrono::system_clock::time_point> parse_moment(std::string_view text) noexcept;

/// The moment as such a text, in UTC.
std::string moment_text(std::chrono::system_clock::time_point moment);

}  // namespace ferrotunnel::config
