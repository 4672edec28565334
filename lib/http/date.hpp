// The time in the form of the Date field: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ferrotunnel::http {

using DateText = std::array<char, 29>;

/// The text for `seconds` since 1970; only for years of four digits.
DateText date_text(std::int64_t seconds) noexcept;

/// Parses a date in one of the three forms that recipients have to accept: the above, "Sunday, 06-Nov-94 08:49:37 GMT"
/// and "Sun Nov  6 08:49:37 1994". Years of two digits are 1970 to 2069. Names are compared case-insensitively; the day
/// of the week is not checked against the date.
std::optional<std::int64_t> read_date(std::string_view text) noexcept;

}  // namespace ferrotunnel::http
