#include "support/count_allocations.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::int64_t> held{0};
thread_local std::uint64_t until_failure = 0;  // 0: none

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

// A block and the size before it.
std::int64_t size_of(void* block) noexcept {
    return static_cast<std::int64_t>(malloc_usable_size(block) + sizeof(std::size_t));
}

void release(void* memory) noexcept {
    if (memory != nullptr) {
        held.fetch_sub(size_of(memory), std::memory_order_relaxed);
        std::free(memory);
    }
}

}  // namespace

// GCC 14 takes what it has inlined from one of these for a new that is freed by std::free.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (until_failure > 0 && --until_failure == 0) {
        throw std::bad_alloc();
    }
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) {
        held.fetch_add(size_of(memory), std::memory_order_relaxed);
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    release(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    release(memory);
}

#endif

namespace ferrotunnel::test {

std::uint64_t allocations_so_far() noexcept {
    return allocations.load(std::memory_order_relaxed);
}

std::int64_t bytes_held() noexcept {
    return held.load(std::memory_order_relaxed);
}

bool fail_allocation(std::uint64_t nth) noexcept {
    const bool has_failed = until_failure == 0;
    until_failure = nth;
    return has_failed;
}

}  // namespace ferrotunnel::test
