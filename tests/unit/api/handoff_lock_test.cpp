#include "api/handoff_lock.hpp"

#include <catch2/catch.hpp>
#include <thread>

namespace ferrotunnel::detail {

TEST_CASE("a handoff lock is held by one at a time, and nothing that comes is forgotten", "[handoff_lock]") {
    HandoffLock lock;
    CHECK_FALSE(lock.wake());  // nothing is outstanding
    CHECK(lock.begin());
    CHECK_FALSE(lock.begin());
    CHECK_FALSE(lock.claim());  // the holder will look again
    CHECK_FALSE(lock.park());
    CHECK(lock.park());
    CHECK_FALSE(lock.begin());  // something is outstanding
    CHECK(lock.wake());
    CHECK_FALSE(lock.wake());
    CHECK_FALSE(lock.end());
    CHECK(lock.end());
    CHECK(lock.claim());  // at rest: whoever claims the lock does the work
    CHECK(lock.end());
}

// One thread makes and parks, one wakes: each item must be taken although it may come at any moment. Data travels in
// plain variables, so that ThreadSanitizer sees whether the lock orders them.
TEST_CASE("no wake is lost between two threads", "[handoff_lock][threads]") {
    constexpr int items = 100'000;
    HandoffLock lock;
    std::atomic<int> published = 0;
    int taken = 0;  // used by the holder alone
    std::atomic<int> finished = 0;
    auto drive = [&] {  // parks while nothing new is there; ends when it has taken one
        while (true) {
            if (published.load(std::memory_order_acquire) > taken) {
                ++taken;
                while (!lock.end()) {
                }
                finished.fetch_add(1, std::memory_order_release);
                return;
            }
            if (lock.park()) {
                return;
            }
        }
    };
    std::thread waker([&] {
        for (int i = 0; i < items; ++i) {
            published.fetch_add(1, std::memory_order_acq_rel);
            if (lock.wake()) {
                drive();
            }
            while (published.load(std::memory_order_relaxed) - finished.load(std::memory_order_acquire) > 2) {
                std::this_thread::yield();
            }
        }
    });
    for (int i = 0; i < items; ++i) {
        while (!lock.begin()) {  // the last one is laid down before `finished` says so
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
