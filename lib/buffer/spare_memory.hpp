// Per-thread free list of memory for objects of one size that are made with every request. For operator new and delete
// of a class, or of a size. With AddressSanitizer nothing is kept, so that it sees the real end of each object.
#pragma once

#include <atomic>
#include <cstddef>
#include <new>

#include "buffer/spare_segments.hpp"

namespace ferrotunnel::buffer {

template <std::size_t bytes>
class SpareMemory {
public:
    static void* take() {
        if constexpr (!kept) {
            return ::operator new(bytes);
        }
        void* memory = SpareSegments<Block>::take();
        return memory != nullptr ? memory : ::operator new(sizeof(Block));
    }
    /// Releases memory from `take`; any thread.
    static void keep(void* memory) noexcept {
        if constexpr (!kept) {
            ::operator delete(memory);
            return;
        }
        Block* block = new (memory) Block;
        if (!SpareSegments<Block>::keep(block)) {
            ::operator delete(memory);
        }
    }

private:
#ifdef __SANITIZE_ADDRESS__
    static constexpr bool kept = false;
#else
    static constexpr bool kept = true;
#endif

    struct Block {
        static void operator delete(void* memory) { ::operator delete(memory); }
        static void* operator new(std::size_t, void* at) noexcept { return at; }

        std::atomic<Block*> next{nullptr};
        alignas(std::max_align_t) std::byte rest[bytes - alignof(std::max_align_t)];
    };
    static_assert(sizeof(Block) == bytes);
};

/// The `bytes` of SpareMemory for objects of this type.
template <typename Object>
inline constexpr std::size_t spare_bytes_for = (sizeof(Object) + alignof(std::max_align_t) - 1) /
                                               alignof(std::max_align_t) * alignof(std::max_align_t);

}  // namespace ferrotunnel::buffer
