// The interface for random numbers, so that a simulation can replay a seed.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace ferrotunnel {

class Random {
public:
    virtual ~Random() = default;

    /// Fills `out`. The production source is cryptographic and safe to call from any thread.
    virtual void fill(MutableBytes out) = 0;

    std::uint64_t next() {
        std::uint8_t raw[8];
        fill(raw);
        return load_be<8>(raw);
    }

    /// A number in [0, bound); 0 if bound is 0. The bias from taking the remainder is below 2^-32 for the bounds used
    /// here.
    std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
};

}  // namespace ferrotunnel
