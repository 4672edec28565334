// How often this test program has called operator new, and calls of it that fail.
#pragma once

#include <cstdint>

namespace ferrotunnel::test {

/// Always 0 in a build with sanitizers, which bring their own operator new.
std::uint64_t allocations_so_far() noexcept;

/// The `nth` allocation of this thread from now on fails, once; 0: none does. True when the one before has failed. Has
/// no effect in a build with sanitizers.
bool fail_allocation(std::uint64_t nth) noexcept;

}  // namespace ferrotunnel::test
