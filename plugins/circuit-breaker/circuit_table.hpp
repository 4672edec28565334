// A lock-free table of fixed size with the circuits of services, by a hash of their names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "circuit-breaker/circuit.hpp"

namespace ferrotunnel::plugins {

class CircuitTable {
public:
    /// Has room for at least `entries` circuits; up to 2^16.
    explicit CircuitTable(std::size_t entries);

    /// The circuit of the key, which must be a good hash and not 0. A new one replaces the least recently used circuit
    /// that is closed and has no requests. Null if there is none to replace. Thread-safe.
    Circuit* find(std::uint64_t key, Circuit::Time now) noexcept;

private:
    static constexpr std::size_t ways = 16;

    std::size_t buckets_count_;  // a power of two
    std::unique_ptr<Circuit[]> circuits_;
};

}  // namespace ferrotunnel::plugins
