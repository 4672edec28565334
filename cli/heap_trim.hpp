// Gives memory back to the system when a crowd has gone, of whatever kind: the allocator by itself keeps what lies
// below the top of its heap.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstddef>

namespace ferrotunnel::cli {

class HeapTrim {
public:
    /// Called now and then, since it walks through what is free.
    void look() noexcept {
        if (is_due(::mallinfo2().fordblks)) {
            ::malloc_trim(0);
        }
    }

    /// Whether so much was freed since memory was last given back, or since least was free, that it is worth the walk.
    /// What was given back still counts as free.
    bool is_due(std::size_t free_bytes) noexcept {
        least_ = std::min(least_, free_bytes);
        if (free_bytes - least_ < worth) {
            return false;
        }
        least_ = free_bytes;
        return true;
    }

private:
    static constexpr std::size_t worth = 4 << 20;
    std::size_t least_ = 0;
};

}  // namespace ferrotunnel::cli
