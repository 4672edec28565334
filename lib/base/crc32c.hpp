// CRC-32C (Castagnoli), which the PROXY protocol's version 2 may carry.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace ferrotunnel {

/// The checksum of `bytes`, continuing `before`, the checksum of the preceding bytes.
std::uint32_t crc32c(Bytes bytes, std::uint32_t before = 0) noexcept;

}  // namespace ferrotunnel
