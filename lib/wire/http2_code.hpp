// HTTP/2 error codes (RFC 9113, 7) as codes of RESET, so that the code of a visitor's or backend's RST_STREAM is
// forwarded to the other one. Peers that do not know these codes treat them as `internal`.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/code.hpp"

namespace ferrotunnel::wire {

inline constexpr std::uint32_t http2_codes_begin = 0x100;
inline constexpr std::uint32_t http2_codes_count = 14;
inline constexpr std::uint32_t http2_internal_error = 2;

/// Unknown codes become INTERNAL_ERROR, as RFC 9113 allows.
constexpr Code code_of_http2(std::uint32_t error) noexcept {
    return static_cast<Code>(http2_codes_begin + (error < http2_codes_count ? error : http2_internal_error));
}

constexpr std::optional<std::uint32_t> http2_error_of(Code code) noexcept {
    const auto number = static_cast<std::uint32_t>(code);
    const bool is_http2 = number >= http2_codes_begin && number < http2_codes_begin + http2_codes_count;
    return is_http2 ? std::optional(number - http2_codes_begin) : std::nullopt;
}

}  // namespace ferrotunnel::wire
