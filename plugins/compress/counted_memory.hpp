// A limited allocator for a library that accepts custom allocation functions.
#pragma once

#include <cstddef>

namespace ferrotunnel::plugins {

class CountedMemory {
public:
    explicit CountedMemory(std::size_t most) noexcept : most_(most) {}
    CountedMemory(const CountedMemory&) = delete;
    CountedMemory& operator=(const CountedMemory&) = delete;

    /// Null if there is no memory, or the limit is reached.
    void* allocate(std::size_t bytes) noexcept;
    void release(void* memory) noexcept;
    /// The largest amount in use at once.
    std::size_t peak() const noexcept { return peak_; }

    // For libraries in C: `self` is the object.
    static void* allocate_for(void* self, std::size_t bytes) {
        return static_cast<CountedMemory*>(self)->allocate(bytes);
    }
    static void release_for(void* self, void* memory) { static_cast<CountedMemory*>(self)->release(memory); }

private:
    const std::size_t most_;
    std::size_t used_ = 0;
    std::size_t peak_ = 0;
};

}  // namespace ferrotunnel::plugins
