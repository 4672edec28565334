#include "buffer/spsc_queue.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "buffer/slab.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::buffer {
namespace {

template <typename T>
std::vector<T> drain(SpscQueue<T>& queue) {
    std::vector<T> out;
    while (auto value = queue.pop()) {
        out.push_back(std::move(*value));
    }
    return out;
}

std::vector<int> numbers(int from, int to) {
    std::vector<int> out;
    for (int i = from; i < to; ++i) {
        out.push_back(i);
    }
    return out;
}

TEST_CASE("a long queue is charged for its segments, and a short one is not", "[spsc]") {
    using Queue = SpscQueue<int>;
    auto ledger = make_intrusive<SlabLedger>();
    auto queue = std::make_unique<Queue>();
    auto push = [&](std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            queue->push(1, ledger.get());
        }
    };
    for (int round = 0; round < 3; ++round) {  // also after it was parked, which begins a new chain
        push(Queue::segment_slots);
        CHECK(ledger->bytes() == 0);
        push(1);
        CHECK(ledger->bytes() == Queue::segment_footprint);
        push(2 * Queue::segment_slots);
        CHECK(ledger->bytes() == 3 * Queue::segment_footprint);
        drain(*queue);
        CHECK(ledger->bytes() == 0);
        REQUIRE(queue->try_park());
    }
    push(50);
    queue.reset();
    CHECK(ledger->bytes() == 0);
}

TEST_CASE("an SPSC queue keeps order over segment boundaries", "[spsc]") {
    int count = GENERATE(0, 1, 15, 16, 17, 31, 32, 33, 1000);
    SpscQueue<int> queue;
    for (int i = 0; i < count; ++i) {
        queue.push(i);
    }
    REQUIRE(drain(queue) == numbers(0, count));
    REQUIRE(queue.pop() == std::nullopt);
    REQUIRE(queue.front() == nullptr);
}

TEST_CASE("an SPSC queue that was drained continues", "[spsc]") {
    int first = GENERATE(1, 15, 16, 17, 32);
    SpscQueue<int> queue;
    for (int i = 0; i < first; ++i) {
        queue.push(i);
    }
    REQUIRE(drain(queue) == numbers(0, first));
    for (int i = 0; i < 40; ++i) {
        queue.push(i);
    }
    REQUIRE(drain(queue) == numbers(0, 40));
}

TEST_CASE("an empty, parked SPSC queue holds no memory", "[spsc]") {
    int count = GENERATE(0, 1, 15, 16, 17, 32, 33);
    SpscQueue<int> queue;
    REQUIRE_FALSE(queue.holds_memory());
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < count; ++i) {
            queue.push(i);
        }
        REQUIRE(queue.holds_memory() == (count > 0));
        REQUIRE(drain(queue) == numbers(0, count));
        REQUIRE(queue.try_park());
        REQUIRE_FALSE(queue.holds_memory());
        REQUIRE(queue.unpark());
    }
}

TEST_CASE("parking an SPSC queue twice is harmless", "[spsc]") {
    SpscQueue<int> queue;
    queue.push(1);
    REQUIRE(queue.pop() == 1);
    REQUIRE(queue.try_park());
    REQUIRE(queue.try_park());
    REQUIRE_FALSE(queue.holds_memory());
    queue.push(2);
    REQUIRE(queue.unpark());
    REQUIRE_FALSE(queue.unpark());
    REQUIRE(queue.pop() == 2);
}

TEST_CASE("an SPSC queue parks only when it is empty", "[spsc]") {
    SpscQueue<int> queue;
    REQUIRE_FALSE(queue.unpark());
    queue.push(1);
    REQUIRE_FALSE(queue.try_park());
    REQUIRE_FALSE(queue.unpark());
    REQUIRE(queue.pop() == 1);
    REQUIRE(queue.try_park());
    queue.push(2);
    REQUIRE_FALSE(queue.try_park());
    REQUIRE_FALSE(queue.unpark());
    REQUIRE(queue.pop() == 2);
}

TEST_CASE("front shows the oldest value in place and drop_front drops it", "[spsc]") {
    SpscQueue<std::vector<int>> queue;
    for (int i = 0; i < 40; ++i) {
        queue.push({i});
    }
    for (int i = 0; i < 40; ++i) {
        REQUIRE(*queue.front() == std::vector<int>{i});
        queue.front()->push_back(-1);
        REQUIRE(*queue.front() == std::vector<int>{i, -1});
        queue.drop_front();
    }
    REQUIRE(queue.front() == nullptr);
}

TEST_CASE("drop_front and pop let go of what a value holds at once", "[spsc]") {
    auto value = std::make_shared<int>(7);
    SpscQueue<std::shared_ptr<int>> queue;
    queue.push(value);
    queue.push(value);
    REQUIRE(value.use_count() == 3);
    REQUIRE(queue.front() != nullptr);
    queue.drop_front();
    REQUIRE(value.use_count() == 2);
    queue.pop();
    REQUIRE(value.use_count() == 1);
}

TEST_CASE("for_each_from begins at the value that push told of, wherever its segment is", "[spsc]") {
    constexpr int count = 3 * SpscQueue<int>::segment_slots + 5;
    for (int first = 0; first < count; ++first) {
        SpscQueue<int> queue;
        SpscQueue<int>::Place place;
        for (int i = 0; i < count; ++i) {
            auto here = queue.push(i);
            place = i == first ? here : place;
        }
        for (int taken : {0, first / 2, first}) {  // how far the consumer has come: at most to the value itself
            while (*queue.front() < taken) {
                queue.drop_front();
            }
            int expected = first;
            bool in_order = true;
            queue.for_each_from(place, [&](int& value) { in_order = in_order && value == expected++; });
            REQUIRE(in_order);
            REQUIRE(expected == count);
        }
    }
}

TEST_CASE("for_each visits all that is queued, oldest first, and takes nothing", "[spsc]") {
    int taken = GENERATE(0, 3, 16, 17);
    int count = GENERATE(17, 32, 50);
    SpscQueue<int> queue;
    for (int i = 0; i < count; ++i) {
        queue.push(i);
    }
    for (int i = 0; i < taken; ++i) {
        queue.pop();
    }
    std::vector<int> seen;
    queue.for_each([&](int& value) { seen.push_back(value); });
    REQUIRE(seen == numbers(taken, count));
    REQUIRE(drain(queue) == numbers(taken, count));
    seen.clear();
    queue.for_each([&](int& value) { seen.push_back(value); });
    REQUIRE(seen.empty());
}

TEST_CASE("an SPSC queue's destructor frees what remains", "[spsc]") {
    int count = GENERATE(0, 1, 16, 17, 50);
    int taken = GENERATE(0, 1, 17);
    auto value = std::make_shared<int>(7);
    {
        SpscQueue<std::shared_ptr<int>> queue;
        for (int i = 0; i < count; ++i) {
            queue.push(value);
        }
        for (int i = 0; i < taken; ++i) {
            queue.pop();
        }
    }
    REQUIRE(value.use_count() == 1);
}

// Throws when a segment with it is made, if `fails` is set: stands for std::bad_alloc.
struct Stubborn {
    Stubborn() {
        if (fails) {
            throw std::runtime_error("no segment");
        }
    }
    explicit Stubborn(int number_in) : number(number_in) {}
    int number = -1;
    static inline bool fails = false;
};

TEST_CASE("a push that cannot get a segment leaves the queue as it was", "[spsc]") {
    int before = GENERATE(0, 16, 32);
    SpscQueue<Stubborn> queue;
    for (int i = 0; i < before; ++i) {
        queue.push(Stubborn(i));
    }
    Stubborn::fails = true;
    REQUIRE_THROWS(queue.push(Stubborn(before)));
    REQUIRE_THROWS(queue.push(Stubborn(before)));
    Stubborn::fails = false;
    for (int i = before; i < before + 40; ++i) {
        queue.push(Stubborn(i));
    }
    for (int i = 0; i < before + 40; ++i) {
        auto value = queue.pop();
        REQUIRE(value);
        REQUIRE(value->number == i);
    }
    REQUIRE_FALSE(queue.pop());
    REQUIRE(queue.try_park());
    REQUIRE_FALSE(queue.holds_memory());
}

TEST_CASE("a thread uses a segment again that one of its queues let go", "[spsc]") {
    SpscQueue<Slice, Spares::per_thread> first;
    SpscQueue<Slice, Spares::per_thread> second;
    Slice* slot = nullptr;
    for (int round = 0; round < 3; ++round) {
        for (auto* queue : {&first, &second}) {
            for (std::uint32_t i = 1; i <= 20; ++i) {  // more than a segment
                queue->push(Slice(nullptr, 0, i));
            }
            REQUIRE((slot == nullptr || queue->holds_memory()));
            for (std::uint32_t i = 1; i <= 20; ++i) {
                REQUIRE(queue->front()->size() == i);
                slot = queue->front();
                queue->drop_front();
            }
            REQUIRE(queue->front() == nullptr);
            REQUIRE(queue->try_park());
            REQUIRE_FALSE(queue->holds_memory());
        }
    }
    first.push(Slice(nullptr, 0, 7));
    // The segment that was let go last is taken first; `slot` was its fourth.
    REQUIRE(first.front() == slot - 3);
    REQUIRE(first.front()->size() == 7);
}

struct SpareSegment {
    std::atomic<SpareSegment*> next{nullptr};
};

TEST_CASE("a thread keeps so many spare segments and no more, and none when it has ended", "[spsc]") {
    using Spare = SpareSegments<SpareSegment>;
    std::uint32_t kept = 0;
    std::uint32_t count = 0;
    bool clean = false;
    bool again = false;
    std::thread([&] {
        for (std::uint32_t i = 0; i < Spare::max + 1; ++i) {
            auto segment = std::make_unique<SpareSegment>();
            if (Spare::keep(segment.get())) {
                (void)segment.release();
                ++kept;
            }
        }
        count = Spare::count();
        std::unique_ptr<SpareSegment> taken(Spare::take());
        clean = taken && taken->next == nullptr;
        again = Spare::keep(taken.release());
    }).join();  // AddressSanitizer would report what the thread left behind
    REQUIRE(kept == Spare::max);
    REQUIRE(count == Spare::max);
    REQUIRE(clean);
    REQUIRE(again);
    REQUIRE(Spare::count() == 0);
    REQUIRE(Spare::take() == nullptr);
}

TEST_CASE("slices travel through an SPSC queue and give their slabs back", "[spsc]") {
    SlabPool pool;
    SlabPool::Scope scope(pool);
    SpscQueue<Slice> queue;
    SlabPtr slab = pool.acquire();
    for (std::uint32_t i = 0; i < 20; ++i) {
        queue.push(Slice(slab, i, 1));
    }
    slab.reset();
    REQUIRE(pool.in_use() == 1);
    for (std::uint32_t i = 0; i < 19; ++i) {
        REQUIRE(queue.front()->offset() == i);
        queue.drop_front();
    }
    REQUIRE(pool.in_use() == 1);
    queue.drop_front();
    REQUIRE(pool.in_use() == 0);
}

TEST_CASE("a random walk over an SPSC queue agrees with a plain list", "[spsc]") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        test::SeededRandom random(seed);
        SpscQueue<int> queue;
        int pushed = 0;
        int popped = 0;
        bool parked = false;
        for (int step = 0; step < 500; ++step) {
            INFO("seed " << seed << ", step " << step);
            switch (random.below(6)) {
                case 0:
                case 1:
                case 2:
                    for (auto burst = random.below(random.chance(20) ? 40 : 3); burst > 0; --burst) {
                        queue.push(pushed++);
                    }
                    break;
                case 3:
                    for (auto burst = random.below(random.chance(20) ? 60 : 4); burst > 0 && popped < pushed; --burst) {
                        REQUIRE(queue.pop() == popped);
                        ++popped;
                    }
                    break;
                case 4:
                    REQUIRE(queue.unpark() == parked);
                    parked = false;
                    break;
                default:
                    parked = queue.try_park();
                    REQUIRE(parked == (popped == pushed));
                    if (parked) {
                        REQUIRE_FALSE(queue.holds_memory());
                    }
                    break;
            }
        }
    }
}

}  // namespace
}  // namespace ferrotunnel::buffer
