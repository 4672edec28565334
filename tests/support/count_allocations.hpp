// How often this test program has called operator new.
#pragma once

#include <cstdint>

namespace ferrotunnel::test {

/// Always 0 in a build with sanitizers, which bring their own operator new.
std::uint64_t allocations_so_far() noexcept;

}  // namespace ferrotunnel::test
