// Counts how often this test program has called operator new and what it holds, and makes chosen calls of it fail.
#pragma once

#include <cstdint>

namespace ferrotunnel::test {

/// The calls so far. Always 0 in a build with sanitizers, which bring their own operator new.
std::uint64_t allocations_so_far() noexcept;

/// Bytes that the program holds now, with what the allocator adds to each block. Always 0 in a build with sanitizers.
std::int64_t bytes_held() noexcept;

/// Makes the `nth` allocation of this thread from now on fail, once; 0: none. True when the failure that was asked for
/// before has happened. Has no effect in a build with sanitizers.
bool fail_allocation(std::uint64_t nth) noexcept;

}  // namespace ferrotunnel::test
