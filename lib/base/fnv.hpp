// FNV-1a with 64 bits (Fowler, Noll and Vo): a hash that is the same on every machine and in every version. Its high
// bits depend little on the last bytes; split_mix() spreads them. A peer that chooses the bytes can cause collisions.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace ferrotunnel {

/// The hash of no bytes.
inline constexpr std::uint64_t fnv_start = 0xcbf2'9ce4'8422'2325U;

/// The hash of the bytes that led to `from`, followed by `bytes`.
inline std::uint64_t fnv1a(Bytes bytes, std::uint64_t from = fnv_start) noexcept {
    for (const std::uint8_t byte : bytes) {
        from = (from ^ byte) * 0x0000'0100'0000'01b3U;
    }
    return from;
}

}  // namespace ferrotunnel
