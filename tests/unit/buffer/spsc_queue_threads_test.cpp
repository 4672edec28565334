// What the SPSC queue promises between two threads. Worth the most under ThreadSanitizer.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <thread>

#include "base/intrusive_ptr.hpp"
#include "buffer/slab.hpp"
#include "buffer/spsc_queue.hpp"
#include "support/bell.hpp"
#include "support/load.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::buffer {
namespace {

using test::Bell;
using test::load;
using test::SeededRandom;

// How far the other side has come, for what a test needs to know beside the queue. Relaxed throughout, so that it lends
// the queue no ordering that it should bring itself.
class Progress {
public:
    void reached(std::uint64_t n) noexcept { n_.store(n, std::memory_order_relaxed); }
    std::uint64_t now() const noexcept { return n_.load(std::memory_order_relaxed); }
    void give_up() noexcept { given_up_.store(true, std::memory_order_relaxed); }
    bool given_up() const noexcept { return given_up_.load(std::memory_order_relaxed); }
    // Keeps the producer at most `window` ahead. False when the consumer has given up.
    bool wait_until_within(std::uint64_t window, std::uint64_t sent) const noexcept {
        for (int looks = 1; sent - now() > window && !given_up(); ++looks) {
            if (looks % 256 == 0) {  // at first without yielding: the answer is often near
                std::this_thread::yield();
            }
        }
        return !given_up();
    }

private:
    std::atomic<std::uint64_t> n_{0};
    std::atomic<bool> given_up_{false};
};

// Waits without sleeping. False when the deadline has passed.
bool wait_for(const std::atomic<bool>& flag) {
    auto deadline = std::chrono::steady_clock::now() + test::lost_wake_deadline;
    for (int looks = 1; !flag.load(std::memory_order_acquire); ++looks) {
        if (looks % 256 == 0) {
            std::this_thread::yield();
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
        }
    }
    return true;
}

struct Litmus {
    SpscQueue<std::uint64_t> queue;
    Bell bell;
    Progress taken;
    const std::uint64_t total;
    std::uint64_t expected = 0;  // the consumer's: the next number
    std::uint64_t parked = 0;
    bool lost_wake = false;
    bool wrong = false;

    explicit Litmus(std::uint64_t total_in) : total(total_in) {}

    // Bursts of up to `burst_max` numbers and one unpark() each.
    void produce(std::uint64_t burst_max, std::uint64_t window) {
        SeededRandom random(burst_max);
        std::uint64_t next = 0;
        while (next < total && taken.wait_until_within(window, next)) {
            for (auto burst = std::min(1 + random.below(burst_max), total - next); burst > 0; --burst) {
                queue.push(next++);
            }
            if (queue.unpark()) {
                bell.ring();
            }
        }
    }

    void take_available() {
        while (auto value = queue.pop()) {
            wrong |= *value != expected;
            taken.reached(++expected);
        }
    }

    // False when the bell did not ring in time.
    bool sleep_unless_something_came() {
        if (!queue.try_park()) {
            return true;
        }
        ++parked;
        lost_wake |= !bell.wait();
        return !lost_wake;
    }

    void consume() {
        while (expected < total && sleep_unless_something_came()) {
            take_available();
        }
        taken.give_up();
    }
};

TEST_CASE("an SPSC queue loses nothing and no wake between two threads", "[spsc][threads]") {
    // A wide window makes long chains. One of nothing, where each item waits until the last was taken, shows lost
    // wakes: else the next item's wake makes up for them.
    auto [burst, window, total] = GENERATE(table<std::uint64_t, std::uint64_t, std::uint64_t>(
        {{300, 10'000, 10'000'000}, {40, 100, 1'000'000}, {1, 0, 200'000}}));
    Litmus litmus(load(total));
    std::thread producer([&, b = burst, w = window] { litmus.produce(b, w); });
    litmus.consume();
    producer.join();
    CAPTURE(burst, window, litmus.parked, litmus.expected);
    REQUIRE_FALSE(litmus.lost_wake);
    REQUIRE_FALSE(litmus.wrong);
    REQUIRE(litmus.expected == litmus.total);
    REQUIRE_FALSE(litmus.queue.pop());
    REQUIRE(litmus.queue.try_park());
    REQUIRE_FALSE(litmus.queue.holds_memory());
}

// As above with a window of nothing, but the consumer sleeps by looking at a flag, which is so quick that pushes hit
// the middle of try_park() often. Some wakes come without anything to take, so that parking comes with and without a
// segment.
TEST_CASE("pushes that meet a parking consumer wake it", "[spsc][threads]") {
    const std::uint64_t total = load(400'000);
    SpscQueue<std::uint64_t> queue;
    std::atomic<bool> awake{true};
    Progress taken;
    std::thread producer([&] {
        SeededRandom random(7);
        for (std::uint64_t next = 0; next < total && taken.wait_until_within(0, next);) {
            for (auto pause = random.below(64); pause > 0; --pause) {
                (void)taken.now();  // so that the push comes sooner or later in the consumer's way to sleep
            }
            queue.push(next++);
            if (random.below(4) == 0) {
                queue.push(next++);
            }
            for (auto times = 1 + random.below(3); times > 0; --times) {
                if (queue.unpark()) {
                    awake.store(true, std::memory_order_release);
                }
            }
        }
    });
    bool wrong = false;
    bool lost_wake = false;
    std::uint64_t expected = 0;
    while (expected < total && !lost_wake) {
        while (auto value = queue.pop()) {
            wrong |= *value != expected;
            taken.reached(++expected);
        }
        awake.store(false, std::memory_order_relaxed);
        if (expected < total && queue.try_park()) {
            lost_wake = !wait_for(awake);
        }
    }
    taken.give_up();
    producer.join();
    REQUIRE_FALSE(lost_wake);
    REQUIRE_FALSE(wrong);
    REQUIRE(expected >= total);
}

TEST_CASE("for_each sees everything that was published before", "[spsc][threads]") {
    const std::uint64_t total = load(400'000);
    SpscQueue<std::uint64_t> queue;
    Progress taken;
    std::atomic<std::uint64_t> published{0};
    std::thread producer([&] {
        for (std::uint64_t next = 0; next < total && taken.wait_until_within(100, next);) {
            queue.push(next++);
            published.store(next, std::memory_order_release);
        }
    });
    SeededRandom random(3);
    bool wrong = false;
    std::uint64_t expected = 0;
    while (expected < total && !wrong) {
        (void)queue.try_park();
        std::uint64_t at_least = published.load(std::memory_order_acquire);
        std::uint64_t seen = expected;
        queue.for_each([&](std::uint64_t value) { wrong |= value != seen++; });
        wrong |= seen < at_least;
        for (auto n = random.below(8); n > 0 && expected < seen; --n) {
            wrong |= *queue.front() != expected;
            queue.drop_front();
            taken.reached(++expected);
        }
    }
    taken.give_up();
    producer.join();
    REQUIRE_FALSE(wrong);
}

TEST_CASE("the consumer's role of an SPSC queue may move between threads", "[spsc][threads]") {
    Litmus litmus(load(2'000'000));
    std::atomic<int> turn{0};  // who has the role; its release and acquire are the order that the queue asks for
    std::thread producer([&] { litmus.produce(20, 300); });
    auto consumer = [&](int me) {
        while (true) {
            while (turn.load(std::memory_order_acquire) != me) {
                std::this_thread::yield();
            }
            bool go_on = litmus.expected < litmus.total && litmus.sleep_unless_something_came();
            if (go_on) {
                litmus.take_available();
            }
            turn.store(1 - me, std::memory_order_release);
            if (!go_on) {
                return;
            }
        }
    };
    std::thread other([&] { consumer(1); });
    consumer(0);
    other.join();
    litmus.taken.give_up();
    producer.join();
    REQUIRE_FALSE(litmus.lost_wake);
    REQUIRE_FALSE(litmus.wrong);
    REQUIRE(litmus.expected == litmus.total);
}

TEST_CASE("the producer's role of an SPSC queue may move between threads", "[spsc][threads]") {
    const std::uint64_t total = load(20'000);
    Litmus litmus(total);
    std::atomic<std::uint64_t> next{0};  // even: one thread's turn, odd: the other's
    auto producer = [&](std::uint64_t parity) {
        for (std::uint64_t number = parity; number < total; number += 2) {
            while (next.load(std::memory_order_acquire) != number) {
                if (litmus.taken.given_up()) {
                    return;
                }
                std::this_thread::yield();
            }
            litmus.queue.push(number);
            bool ring = litmus.queue.unpark();
            next.store(number + 1, std::memory_order_release);
            if (ring) {
                litmus.bell.ring();
            }
        }
    };
    std::thread one([&] { producer(0); });
    std::thread two([&] { producer(1); });
    litmus.consume();
    one.join();
    two.join();
    REQUIRE_FALSE(litmus.lost_wake);
    REQUIRE_FALSE(litmus.wrong);
    REQUIRE(litmus.expected == total);
}

// Two halves share a queue; whichever lets go last frees it with what is inside.
struct Shared final : RefCounted {
    explicit Shared(std::atomic<std::uint64_t>& destroyed_in) : destroyed(destroyed_in) {}
    ~Shared() override { destroyed.fetch_add(1, std::memory_order_relaxed); }
    SpscQueue<SlabPtr> queue;
    std::atomic<std::uint64_t>& destroyed;
};

TEST_CASE("one half of an SPSC queue may go while the other pushes", "[spsc][threads]") {
    const std::uint64_t rounds = load(50'000);
    std::atomic<std::uint64_t> destroyed{0};
    std::atomic<Shared*> handed_over{nullptr};
    std::atomic<bool> done{false};
    SlabPool pool;
    SlabPool::Scope scope(pool);
    std::thread consumer([&] {
        SeededRandom random(11);
        while (true) {
            Shared* taken = handed_over.exchange(nullptr, std::memory_order_acquire);
            if (taken == nullptr) {
                if (done.load(std::memory_order_acquire)) {
                    return;
                }
                std::this_thread::yield();
                continue;
            }
            auto shared = IntrusivePtr<Shared>::adopt(taken);
            for (auto steps = random.below(30); steps > 0; --steps) {
                if (!shared->queue.pop() && random.chance(50)) {
                    (void)shared->queue.try_park();
                }
            }
        }
    });
    SeededRandom random(12);
    SlabPtr slab = pool.acquire();
    for (std::uint64_t round = 0; round < rounds; ++round) {
        auto shared = make_intrusive<Shared>(destroyed);
        while (handed_over.load(std::memory_order_relaxed) != nullptr) {
            std::this_thread::yield();
        }
        handed_over.store(IntrusivePtr<Shared>(shared).detach(), std::memory_order_release);
        for (auto items = random.below(40); items > 0; --items) {
            shared->queue.push(random.chance(10) ? pool.acquire() : slab);
            (void)shared->queue.unpark();
        }
    }
    while (handed_over.load(std::memory_order_relaxed) != nullptr) {
        std::this_thread::yield();
    }
    done.store(true, std::memory_order_release);
    consumer.join();
    REQUIRE(destroyed.load() == rounds);
    REQUIRE(slab->unique());
    REQUIRE(pool.in_use() == 1);
}

}  // namespace
}  // namespace ferrotunnel::buffer
