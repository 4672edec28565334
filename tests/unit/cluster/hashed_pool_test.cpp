// Pools of items, and heaps in them.
#include "cluster/hashed_pool.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cluster/pairing_heap.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;

namespace {

struct PoolItem : Pooled {
    explicit PoolItem(std::uint64_t number_in) : number(number_in), text(std::to_string(number_in)) {}

    std::uint64_t number;
    std::string text;
    HeapLinks place;
};

struct ByNumber {
    static HeapLinks& links(PoolItem& item) noexcept { return item.place; }
    static const HeapLinks& links(const PoolItem& item) noexcept { return item.place; }
    static bool before(const PoolItem& one, const PoolItem& other) noexcept {
        ++comparisons;
        return one.number < other.number;
    }
    static inline std::size_t comparisons = 0;
};

using TestPool = HashedPool<PoolItem>;
using TestHeap = PairingHeap<PoolItem, ByNumber>;

std::size_t found(const TestPool& pool, std::uint32_t hash) {
    std::size_t count = 0;
    const auto any = [](const PoolItem&) { return true; };
    for (Slot slot = pool.find(hash, any); slot != no_slot; slot = pool.find_after(slot, any)) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("cluster pool: an empty one has nothing") {
    const TestPool pool;
    CHECK(pool.size() == 0);
    CHECK(found(pool, 7) == 0);
    CHECK(pool.memory() == 0);
    CHECK(pool.visit(0, 10, [](const PoolItem&) { return false; }) == 0);
}

TEST_CASE("cluster pool: items with one hash are all found, those of its bucket with another are not") {
    TestPool pool;
    const Slot one = pool.insert(3, PoolItem(1));
    const Slot two = pool.insert(3, PoolItem(2));
    pool.insert(3 + (1U << 20U), PoolItem(3));
    CHECK(found(pool, 3) == 2);
    CHECK(found(pool, 3 + (1U << 20U)) == 1);
    CHECK(found(pool, 3 + (1U << 21U)) == 0);
    CHECK(pool.take(one).text == "1");
    CHECK(found(pool, 3) == 1);
    CHECK(pool[two].number == 2);
    CHECK(pool.insert(9, PoolItem(4)) == one);
}

TEST_CASE("cluster pool: the same as a map after random changes, and without memory when it is empty") {
    const auto seed = GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3});
    test::SeededRandom random(seed);
    TestPool pool;
    std::map<Slot, std::uint64_t> model;
    for (std::uint64_t step = 0; step < 5'000; ++step) {
        if (model.empty() || random.chance(step < 2'500 ? 70 : 40)) {
            const Slot slot = pool.insert(static_cast<std::uint32_t>(random.below(500)), PoolItem(step));
            REQUIRE(model.emplace(slot, step).second);
        } else {
            const auto item = std::next(model.begin(), static_cast<std::ptrdiff_t>(random.below(model.size())));
            REQUIRE(pool.take(item->first).number == item->second);
            model.erase(item);
        }
        REQUIRE(pool.size() == model.size());
    }
    std::set<std::uint64_t> all;
    CHECK(pool.visit(0, 10'000, [&](const PoolItem& item) { return all.insert(item.number).second; }) == 0);
    CHECK(all.size() == model.size());
    for (const auto& [slot, number] : model) {
        CHECK(pool[slot].number == number);
        CHECK(all.count(number) == 1);
        pool.take(slot);
    }
    CHECK(pool.memory() == 0);
    pool.insert(1, PoolItem(1));
    CHECK(found(pool, 1) == 1);
}

TEST_CASE("cluster heap: its top is the first item after random changes") {
    const auto seed = GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3});
    test::SeededRandom random(seed);
    TestPool pool;
    Slot top = no_slot;
    TestHeap heap(pool, top);
    std::map<std::uint64_t, Slot> model;
    for (int step = 0; step < 5'000; ++step) {
        const std::uint64_t number = random.next();
        if (model.empty() || random.chance(step < 2'500 ? 70 : 40)) {
            const Slot slot = model[number] = pool.insert(static_cast<std::uint32_t>(number), PoolItem(number));
            heap.push(slot);
        } else {
            auto item = model.lower_bound(number);
            item = item == model.end() || random.chance(30) ? model.begin() : item;
            heap.erase(item->second);
            pool.take(item->second);
            model.erase(item);
        }
        REQUIRE(top == (model.empty() ? no_slot : model.begin()->second));
        REQUIRE(TestHeap::all(pool, top).size() == model.size());
    }
}

TEST_CASE("cluster heap: a removal costs a logarithm, in whatever order items were added and are removed") {
    constexpr std::uint64_t items = 1U << 14U;
    const bool is_ascending = GENERATE(true, false);
    const bool is_first_removed = GENERATE(true, false);
    TestPool pool;
    Slot top = no_slot;
    TestHeap heap(pool, top);
    std::vector<Slot> slots;
    ByNumber::comparisons = 0;
    for (std::uint64_t i = 0; i < items; ++i) {
        slots.push_back(pool.insert(static_cast<std::uint32_t>(i), PoolItem(is_ascending ? i : items - i)));
        heap.push(slots.back());
    }
    CHECK(ByNumber::comparisons < items);
    for (std::uint64_t i = 0; i < items; ++i) {
        heap.erase(is_first_removed ? top : slots[items - 1 - i]);
    }
    CHECK(top == no_slot);
    CHECK(ByNumber::comparisons < 3 * 14 * items);
}
