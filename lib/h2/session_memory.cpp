#include "h2/session_memory.hpp"

#include <sys/mman.h>
#include <cstdint>
#include <cstdlib>

namespace ferrotunnel::h2 {
namespace {

constexpr std::size_t large = 16 * 1024;
constexpr std::uintptr_t page = 4096;  // or a multiple of it, in which case the kernel refuses

// Releases the whole pages of a block that holds nothing yet: pages that are never written to are never resident.
void* without_pages(void* block, std::size_t size) noexcept {
    const auto begin = (reinterpret_cast<std::uintptr_t>(block) + page - 1) / page * page;
    const auto end = (reinterpret_cast<std::uintptr_t>(block) + size) / page * page;
    if (block != nullptr && begin < end) {
        (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return block;
}

void* allocate(std::size_t size) noexcept {
    void* const block = std::malloc(size);
    return size < large ? block : without_pages(block, size);
}

}  // namespace

nghttp2_mem& session_memory() noexcept {
    static nghttp2_mem memory{
        nullptr,
        [](std::size_t size, void*) { return allocate(size); },
        [](void* block, void*) { std::free(block); },
        [](std::size_t count, std::size_t size, void*) { return std::calloc(count, size); },
        // The library allocates its buffer by realloc.
        [](void* block, std::size_t size, void*) {
            return block == nullptr ? allocate(size) : std::realloc(block, size);
        },
    };
    return memory;
}

}  // namespace ferrotunnel::h2
