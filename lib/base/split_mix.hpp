// Parts of splitmix64 (Steele, Lea and Flood): pseudo-random numbers from a counter or a hash. Each of them reveals all
// others, so they are not for secrets.
#pragma once

#include <cstdint>

namespace ferrotunnel {

/// The increment of the generator's state: 2^64 divided by the golden ratio.
inline constexpr std::uint64_t split_mix_step = 0x9e37'79b9'7f4a'7c15U;

/// The finalizer: a bijection in which inputs that differ in one bit give results that differ in half of their bits.
constexpr std::uint64_t split_mix(std::uint64_t number) noexcept {
    number = (number ^ (number >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
    number = (number ^ (number >> 27U)) * 0x94d0'49bb'1331'11ebU;
    return number ^ (number >> 31U);
}

}  // namespace ferrotunnel
