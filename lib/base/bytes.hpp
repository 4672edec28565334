// Views of bytes and big-endian integers at unaligned places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ferrotunnel {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Writes the low `N` bytes of `value`, most significant first, at `at`.
template <std::size_t N>
constexpr void store_be(std::uint8_t* at, std::uint64_t value) {
    static_assert(N >= 1 && N <= 8);
    for (std::size_t i = 0; i < N; ++i) {
        at[i] = static_cast<std::uint8_t>(value >> (8 * (N - 1 - i)));
    }
}

/// Reads `N` bytes at `at`, most significant first.
template <std::size_t N>
constexpr std::uint64_t load_be(const std::uint8_t* at) {
    static_assert(N >= 1 && N <= 8);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < N; ++i) {
        value = value << 8 | at[i];
    }
    return value;
}

}  // namespace ferrotunnel
