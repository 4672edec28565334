// The circuits of services, found by a hash of their names. A table of a fixed size, without locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "circuit-breaker/circuit.hpp"

namespace ferrotunnel::plugins {

class CircuitTable {
public:
    /// With room for at least so many circuits; up to 2^16.
    explicit CircuitTable(std::size_t entries);

    /// The circuit of the key, which is a good hash and not 0. A new one takes the place of one that is closed, has no
    /// requests, and was used longest ago. Null: there is no such place. Any thread.
    Circuit* find(std::uint64_t key, Circuit::Time now) noexcept;

private:
    static constexpr std::size_t ways = 16;

    std::size_t buckets_count_;  // a power of two
    std::unique_ptr<Circuit[]> circuits_;
};

}  // namespace ferrotunnel::plugins
