#include "buffer/spare_memory.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <thread>

using namespace ferrotunnel::buffer;

namespace {

using Memory = SpareMemory<64>;

}  // namespace

TEST_CASE("what was given back is taken again, and all of it may be written") {
    void* first = Memory::take();
    std::memset(first, 0xff, 64);
    Memory::keep(first);
    void* second = Memory::take();
    std::memset(second, 0xff, 64);
#ifndef __SANITIZE_ADDRESS__
    CHECK(first == second);
#endif
    Memory::keep(second);
}

TEST_CASE("memory may be given back by another thread, which keeps it") {
    void* memory = Memory::take();
    std::thread([memory] { Memory::keep(memory); }).join();
    void* another = Memory::take();
    std::memset(another, 0xff, 64);
    Memory::keep(another);
}

TEST_CASE("more than a thread keeps goes back to the allocator") {
    std::array<void*, 300> all{};
    for (void*& each : all) {
        each = Memory::take();
    }
    for (void* each : all) {
        Memory::keep(each);
    }
}
