#include "api/baton.hpp"

#include <catch2/catch.hpp>
#include <thread>

namespace ferrotunnel::detail {

TEST_CASE("a baton is held by one at a time, and nothing that comes is forgotten", "[baton]") {
    Baton baton;
    CHECK_FALSE(baton.wake());  // nothing is outstanding
    CHECK(baton.begin());
    CHECK_FALSE(baton.begin());
    CHECK_FALSE(baton.claim());  // the holder will look again
    CHECK_FALSE(baton.park());
    CHECK(baton.park());
    CHECK_FALSE(baton.begin());  // something is outstanding
    CHECK(baton.wake());
    CHECK_FALSE(baton.wake());
    CHECK_FALSE(baton.end());
    CHECK(baton.end());
    CHECK(baton.claim());  // at rest: who claims does it
    CHECK(baton.end());
}

// One thread makes and parks, one wakes: each item must be taken although it may come at any moment. Data travels in
// plain variables, so that ThreadSanitizer sees whether the baton orders them.
TEST_CASE("no wake is lost between two threads", "[baton][threads]") {
    constexpr int items = 300'000;
    Baton baton;
    std::atomic<int> published = 0;
    int taken = 0;  // the holder's
    std::atomic<int> finished = 0;
    auto drive = [&] {  // parks while nothing new is there; ends when it has taken one
        while (true) {
            if (published.load(std::memory_order_acquire) > taken) {
                ++taken;
                while (!baton.end()) {
                }
                finished.fetch_add(1, std::memory_order_release);
                return;
            }
            if (baton.park()) {
                return;
            }
        }
    };
    std::thread waker([&] {
        for (int i = 0; i < items; ++i) {
            published.fetch_add(1, std::memory_order_acq_rel);
            if (baton.wake()) {
                drive();
            }
            while (published.load(std::memory_order_relaxed) - finished.load(std::memory_order_acquire) > 2) {
                std::this_thread::yield();
            }
        }
    });
    for (int i = 0; i < items; ++i) {
        while (!baton.begin()) {  // the last one is laid down before `finished` says so
            std::this_thread::yield();
        }
        drive();
        while (finished.load(std::memory_order_acquire) <= i) {
            std::this_thread::yield();
        }
    }
    waker.join();
    CHECK(taken == items);
}

}  // namespace ferrotunnel::detail
