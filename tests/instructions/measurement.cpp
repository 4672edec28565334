#include "instructions/measurement.hpp"

#include <valgrind/callgrind.h>

#include <cstdlib>
#include <new>

namespace {

bool counting = false;
std::uint64_t allocated = 0;

}  // namespace

void* operator new(std::size_t bytes) {
    allocated += counting ? 1U : 0U;
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) {
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace ferrotunnel::instructions::measurement {

void begin() noexcept {
    counting = true;
    CALLGRIND_TOGGLE_COLLECT;
}

void end() noexcept {
    CALLGRIND_TOGGLE_COLLECT;
    counting = false;
}

std::uint64_t allocations() noexcept {
    return allocated;
}

Uncounted::Uncounted() noexcept : counted_(counting) {
    if (counted_) {
        end();
    }
}

Uncounted::~Uncounted() {
    if (counted_) {
        begin();
    }
}

}  // namespace ferrotunnel::instructions::measurement
