// The time as the Date field has it: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::http {

using DateText = std::array<char, 29>;

/// The text for `seconds` since 1970; only for years of four digits.
DateText date_text(std::int64_t seconds) noexcept;

}  // namespace ferrotunnel::http
