// Hexadecimal digits.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ferrotunnel::plugins {

/// Reads two digits a byte, in either case, into all of `out`. False: it is something else, or has another length.
bool decode_hex(std::string_view hex, std::span<std::uint8_t> out) noexcept;

}  // namespace ferrotunnel::plugins
