// How much work a test that hammers should do in this build: sanitizers and debug builds slow it down many times.
#pragma once

#include <cstdint>

namespace ferrotunnel::test {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool slow_build = true;
#elif !defined(__OPTIMIZE__)
inline constexpr bool slow_build = true;
#else
inline constexpr bool slow_build = false;
#endif

/// `full` in an optimised build, a twentieth of it elsewhere.
constexpr std::uint64_t load(std::uint64_t full) {
    return slow_build ? full / 20 : full;
}

}  // namespace ferrotunnel::test
