// Slabs that travel between threads. Worth the most under ThreadSanitizer: the bytes are plain memory, so their reuse
// must be ordered by the counts and the return stack.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "buffer/slab.hpp"
#include "buffer/spsc_queue.hpp"
#include "support/load.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::buffer {
namespace {

using test::load;
using test::SeededRandom;

// A worker as slabs see it: its pool, and a queue from the other worker.
struct Side {
    SlabPool pool;
    SpscQueue<Slice> inbound;
};

void write_number(const Slice& slice, std::uint64_t number) {
    std::memcpy(slice.data(), &number, sizeof number);
}
bool has_number(const Slice& slice, std::uint64_t number) {
    return std::memcmp(slice.data(), &number, sizeof number) == 0;
}

// Sends `total` numbered slices, several to a slab, to the other side and checks as many from it.
// At most `ahead` more are sent than received, so that slabs go round.
bool run_side(Side& mine, Side& theirs, std::uint64_t total, std::uint64_t seed, SlabLedger& ledger) {
    constexpr std::uint64_t ahead = 300;
    SlabPool::Scope scope(mine.pool);
    SeededRandom random(seed);
    bool right = true;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    while (received < total) {
        if (sent < total && sent < received + ahead) {
            SlabPtr slab = mine.pool.acquire(&ledger);
            right &= slab->unique();
            for (std::uint32_t part = 0, parts = static_cast<std::uint32_t>(1 + random.below(4)); part < parts;
                 ++part) {
                Slice slice(slab, part * 64, 64);
                write_number(slice, sent++);
                theirs.inbound.push(std::move(slice));
            }
        }
        auto slice = mine.inbound.pop();
        if (slice) {
            right &= has_number(*slice, received++);
        } else {
            std::this_thread::yield();
        }
    }
    return right;
}

TEST_CASE("slabs are filled on one thread, released on another and used again", "[slab][threads]") {
    const std::uint64_t total = load(1'000'000);
    auto ledger = make_intrusive<SlabLedger>();
    Side left;
    Side right;
    bool left_right = false;
    bool right_right = false;
    // Each side stops when it has received `total`; what the other sent beyond that stays in the queue.
    std::thread there([&] { right_right = run_side(right, left, total, 1, *ledger); });
    left_right = run_side(left, right, total, 2, *ledger);
    there.join();
    REQUIRE(left_right);
    REQUIRE(right_right);
    while (left.inbound.pop() || right.inbound.pop()) {
    }
    REQUIRE(left.pool.in_use() == 0);
    REQUIRE(right.pool.in_use() == 0);
    REQUIRE(ledger->bytes() == 0);
    REQUIRE(left.pool.cached() <= 2 * SlabPool::free_max);
}

TEST_CASE("many threads release slabs of one pool while its owner acquires", "[slab][threads]") {
    const std::uint64_t total = load(400'000);
    SlabPool pool;
    SlabPool::Scope scope(pool);
    auto ledger = make_intrusive<SlabLedger>();
    std::vector<SpscQueue<SlabPtr>> queues(3);
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (auto& queue : queues) {
        threads.emplace_back([&] {
            while (true) {
                bool last_look = done.load(std::memory_order_acquire);
                if (auto slab = queue.pop()) {
                    (*slab)->data()[0]++;  // shared between the threads below only one after the other
                } else if (last_look) {
                    return;
                } else {
                    std::this_thread::yield();
                }
            }
        });
    }
    for (std::uint64_t i = 0; i < total; ++i) {
        queues[i % queues.size()].push(pool.acquire(ledger.get()));
        while (pool.in_use() > 200) {
            std::this_thread::yield();
        }
    }
    done.store(true, std::memory_order_release);
    for (auto& thread : threads) {
        thread.join();
    }
    REQUIRE(pool.in_use() == 0);
    REQUIRE(ledger->bytes() == 0);
    REQUIRE(pool.cached() <= 2 * SlabPool::free_max);
    pool.trim();
    REQUIRE(pool.cached() == 0);
}

TEST_CASE("the last reference to a slab may go on any thread", "[slab][threads]") {
    const std::uint64_t rounds = load(200'000);
    SlabPool pool;
    SlabPool::Scope scope(pool);
    SpscQueue<SlabPtr> queue;
    std::atomic<bool> done{false};
    std::uint64_t sum = 0;
    std::thread reader([&] {
        while (true) {
            bool last_look = done.load(std::memory_order_acquire);
            if (auto slab = queue.pop()) {
                sum += (*slab)->data()[0];
            } else if (last_look) {
                return;
            } else {
                std::this_thread::yield();
            }
        }
    });
    std::uint64_t written = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        SlabPtr slab = pool.acquire();
        slab->data()[0] = static_cast<std::uint8_t>(round);
        written += slab->data()[0];
        queue.push(slab);
        // Both threads hold the slab now. Once we are alone with it we may write again, for the reader has read.
        while (round % 8 == 0 && !slab->unique()) {
            std::this_thread::yield();
        }
        if (round % 8 == 0) {
            slab->data()[0] = 0xff;
        }
        while (pool.in_use() > 200) {
            std::this_thread::yield();
        }
    }
    done.store(true, std::memory_order_release);
    reader.join();
    REQUIRE(sum == written);
    REQUIRE(pool.in_use() == 0);
}

TEST_CASE("a pool may go while its slabs are released elsewhere", "[slab][threads]") {
    const std::uint64_t rounds = load(20'000);
    SpscQueue<SlabPtr> queue;
    std::atomic<bool> done{false};
    std::thread releaser([&] {
        while (true) {
            bool last_look = done.load(std::memory_order_acquire);
            if (!queue.pop()) {
                if (last_look) {
                    return;
                }
                std::this_thread::yield();
            }
        }
    });
    auto ledger = make_intrusive<SlabLedger>();
    for (std::uint64_t round = 0; round < rounds; ++round) {
        SlabPool pool;
        SlabPool::Scope scope(pool);
        for (std::uint64_t i = round % 5; i > 0; --i) {
            queue.push(pool.acquire(ledger.get()));
        }
        (void)pool.acquire(ledger.get());
    }
    done.store(true, std::memory_order_release);
    releaser.join();
    REQUIRE(ledger->bytes() == 0);
}

}  // namespace
}  // namespace ferrotunnel::buffer
