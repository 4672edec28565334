// Decodes hexadecimal digits.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ferrotunnel::plugins {

/// Reads two digits a byte, in either case, into all of `out`. False if it has other characters or another length.
bool decode_hex(std::string_view hex, std::span<std::uint8_t> out) noexcept;

}  // namespace ferrotunnel::plugins
