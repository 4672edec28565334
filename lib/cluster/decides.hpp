// Who decides which clients get a name: homes, a store outside, or both during a change between the two.
#pragma once

#include <cstdint>

namespace ferrotunnel::cluster {

/// Of one member. One that asks homes only and one that asks the store only do not know each other's names, so they are
/// not linked; one that asks both agrees with either.
enum class Decides : std::uint8_t { homes, both, store };

constexpr bool by_homes(Decides decides) noexcept {
    return decides != Decides::store;
}
constexpr bool by_store(Decides decides) noexcept {
    return decides != Decides::homes;
}

}  // namespace ferrotunnel::cluster
