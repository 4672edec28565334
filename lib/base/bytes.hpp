// Views of bytes, and big-endian integers at unaligned addresses.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace ferrotunnel {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

namespace detail {

// The integer types whose bytes a processor swaps with one instruction; the compiler only sometimes recognizes the swap
// in the loops below.
template <std::size_t N>
struct Whole {};
template <>
struct Whole<2> {
    using Type = std::uint16_t;
    static Type swapped(Type value) { return __builtin_bswap16(value); }
};
template <>
struct Whole<4> {
    using Type = std::uint32_t;
    static Type swapped(Type value) { return __builtin_bswap32(value); }
};
template <>
struct Whole<8> {
    using Type = std::uint64_t;
    static Type swapped(Type value) { return __builtin_bswap64(value); }
};
template <std::size_t N>
inline constexpr bool is_whole = (N == 2 || N == 4 || N == 8) && std::endian::native == std::endian::little;

}  // namespace detail

/// Writes the low `N` bytes of `value` to `at`, most significant first.
template <std::size_t N>
constexpr void store_be(std::uint8_t* at, std::uint64_t value) {
    static_assert(N >= 1 && N <= 8);
    if constexpr (detail::is_whole<N>) {
        if (!std::is_constant_evaluated()) {
            auto whole = detail::Whole<N>::swapped(static_cast<typename detail::Whole<N>::Type>(value));
            std::memcpy(at, &whole, N);
            return;
        }
    }
    for (std::size_t i = 0; i < N; ++i) {
        at[i] = static_cast<std::uint8_t>(value >> (8 * (N - 1 - i)));
    }
}

/// Reads `N` bytes from `at`, most significant first.
template <std::size_t N>
constexpr std::uint64_t load_be(const std::uint8_t* at) {
    static_assert(N >= 1 && N <= 8);
    if constexpr (detail::is_whole<N>) {
        if (!std::is_constant_evaluated()) {
            typename detail::Whole<N>::Type whole;
            std::memcpy(&whole, at, N);
            return detail::Whole<N>::swapped(whole);
        }
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < N; ++i) {
        value = value << 8 | at[i];
    }
    return value;
}

}  // namespace ferrotunnel
