#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "buffer/park_flag.hpp"

namespace ferrotunnel::buffer {
namespace {

constexpr std::uint64_t park_rounds = 20'000;

TEST_CASE("no wake is lost between a waiter and a changer", "[park_flag][threads]") {
    ParkFlag flag;
    std::atomic<std::uint64_t> word{0};
    std::atomic<std::uint64_t> wakes{0};
    std::atomic<std::uint64_t> seen{0};
    std::thread changer([&] {
        for (std::uint64_t i = 1; i <= park_rounds; ++i) {
            word.fetch_add(1, std::memory_order_seq_cst);
            if (flag.unpark()) {
                wakes.fetch_add(1, std::memory_order_release);
            }
            while (seen.load(std::memory_order_acquire) < i) {  // the next change comes when this one was seen
                std::this_thread::yield();
            }
        }
    });
    for (std::uint64_t i = 1; i <= park_rounds; ++i) {
        const std::uint64_t before = wakes.load(std::memory_order_acquire);
        if (flag.park([&] { return word.load(std::memory_order_seq_cst) >= i; })) {
            while (wakes.load(std::memory_order_acquire) == before) {  // for ever, if the wake was lost
                std::this_thread::yield();
            }
        }
        seen.store(i, std::memory_order_release);
    }
    changer.join();
    CHECK(word.load() == park_rounds);
}

TEST_CASE("no mark is passed unnoticed", "[park_flag][threads]") {
    MarkedCount count;
    std::atomic<std::uint64_t> notified{0};
    std::atomic<std::uint64_t> seen{0};
    std::thread raiser([&] {
        for (std::uint64_t i = 1; i <= park_rounds; ++i) {
            if (count.add(1)) {
                notified.store(i, std::memory_order_release);
            }
            while (seen.load(std::memory_order_acquire) < i) {
                std::this_thread::yield();
            }
        }
    });
    for (std::uint64_t i = 1; i <= park_rounds; ++i) {
        if (count.set_mark(i)) {
            while (notified.load(std::memory_order_acquire) < i) {
                std::this_thread::yield();
            }
        }
        seen.store(i, std::memory_order_release);
    }
    raiser.join();
    CHECK(count.count() == park_rounds);
}

}  // namespace
}  // namespace ferrotunnel::buffer
