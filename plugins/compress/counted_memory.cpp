#include "compress/counted_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ferrotunnel::plugins {
namespace {

constexpr std::size_t header = alignof(std::max_align_t);  // has the size

}  // namespace

void* CountedMemory::allocate(std::size_t bytes) noexcept {
    if (bytes > most_ - used_ || most_ - used_ - bytes < header) {
        return nullptr;
    }
    auto* const memory = static_cast<char*>(std::malloc(header + bytes));
    if (memory == nullptr) {
        return nullptr;
    }
    const std::size_t size = header + bytes;
    std::memcpy(memory, &size, sizeof size);
    used_ += size;
    peak_ = std::max(peak_, used_);
    return memory + header;
}

void CountedMemory::release(void* memory) noexcept {
    if (memory == nullptr) {
        return;
    }
    auto* const begin = static_cast<char*>(memory) - header;
    std::size_t size = 0;
    std::memcpy(&size, begin, sizeof size);
    used_ -= size;
    std::free(begin);
}

}  // namespace ferrotunnel::plugins
