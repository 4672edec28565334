// The parts of splitmix64 (Steele, Lea and Flood): numbers that look drawn, made of a counter or of a hash. Whoever
// knows one knows them all, so nothing here is for secrets.
#pragma once

#include <cstdint>

namespace ferrotunnel {

/// What the generator's state grows by: 2^64 divided by the golden ratio.
inline constexpr std::uint64_t split_mix_step = 0x9e37'79b9'7f4a'7c15U;

/// The finish: different numbers stay different, and where two differ in one bit, their results do in half of theirs.
constexpr std::uint64_t split_mix(std::uint64_t number) noexcept {
    number = (number ^ (number >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
    number = (number ^ (number >> 27U)) * 0x94d0'49bb'1331'11ebU;
    return number ^ (number >> 31U);
}

}  // namespace ferrotunnel
