// Gives memory back to the system when a crowd of visitors has gone: the allocator by itself keeps what lies below the
// top of its heap.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstdint>

namespace ferrotunnel::cli {

class HeapTrim {
public:
    /// Called now and then with the number of visitors at the moment.
    void look(std::uint32_t visitors) noexcept {
        most_ = std::max(most_, visitors);
        if (most_ - visitors >= crowd && visitors <= most_ / 2) {
            ::malloc_trim(0);
            most_ = visitors;
        }
    }

private:
    static constexpr std::uint32_t crowd = 100;  // fewer are not worth the walk through the heap
    std::uint32_t most_ = 0;
};

}  // namespace ferrotunnel::cli
