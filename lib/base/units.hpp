// Literals for byte counts, so that limits look as in the documentation.
#pragma once

#include <cstdint>

namespace ferrotunnel {

constexpr std::uint64_t operator""_KiB(unsigned long long n) {
    return n * 1024;
}
constexpr std::uint64_t operator""_MiB(unsigned long long n) {
    return n * 1024 * 1024;
}

}  // namespace ferrotunnel
