#include "mux/stream_index.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <new>
#include <vector>

#include "base/split_mix.hpp"
#include "support/count_allocations.hpp"
#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

// Keys that give all ids of these tests one home in a new table: the first slot, the last one.
constexpr std::uint64_t first_home = 0;
constexpr std::uint64_t last_home = ~std::uint64_t{0};

/// An index, and what it should hold.
struct Indexed : SessionParts {
    void add(StreamId id) {
        const auto stream = make_stream(id);
        index.add(*stream);
        REQUIRE(expected.emplace(id, stream.get()).second);
    }
    void remove(StreamId id) {
        index.remove(id);
        expected.erase(id);
    }
    /// Adds as many as a session may have, whose ids rise by `step`.
    void fill(StreamId step) {
        for (StreamId i = 0; i < limits::streams_max; ++i) {
            add(1 + i * step);
        }
    }
    std::vector<StreamId> in_slot_order() const {
        std::vector<StreamId> order;
        index.for_each([&](const Stream& stream) { order.push_back(stream.id()); });
        return order;
    }
    void check_all() const {
        std::map<StreamId, Stream*> visited;
        std::size_t visits = 0;
        index.for_each([&](Stream& stream) {
            visited.emplace(stream.id(), &stream);
            ++visits;
        });
        REQUIRE(visits == expected.size());
        REQUIRE(visited == expected);
        REQUIRE(index.size() == expected.size());
        for (const auto& [id, stream] : expected) {
            REQUIRE(index.find(id) == stream);
        }
    }
    bool is_within(std::size_t bytes_each) const {
        return index.capacity() * StreamIndex::slot_bytes <= bytes_each * index.size();
    }

    StreamIndex index{split_mix_step};
    std::map<StreamId, Stream*> expected;
};

TEST_CASE_METHOD(Indexed, "the index holds a stream until it is removed", "[index]") {
    CHECK(index.find(1) == nullptr);
    index.remove(1);
    CHECK(index.capacity() == 0);
    add(1);
    add(2);
    check_all();
    CHECK(index.find(3) == nullptr);
    index.remove(3);
    check_all();
    remove(1);
    CHECK(index.find(1) == nullptr);
    check_all();
}

TEST_CASE_METHOD(Indexed, "streams with one home are found whichever of them has left", "[index]") {
    for (const std::uint64_t key : {first_home, last_home}) {
        for (StreamId gone = 1; gone <= 9; ++gone) {
            std::destroy_at(&index);
            std::construct_at(&index, key);
            expected.clear();
            for (StreamId id = 1; id <= 9; ++id) {
                add(id);
            }
            CHECK(index.longest_walk() == 9);
            CHECK(index.find(10) == nullptr);
            remove(gone);
            check_all();
            CHECK(index.longest_walk() == 8);
            CHECK(index.find(gone) == nullptr);
            add(gone);
            check_all();
        }
    }
}

TEST_CASE_METHOD(Indexed, "the index agrees with a map, whatever is added and removed", "[index]") {
    ferrotunnel::test::SeededRandom random(1);
    StreamId next = 1;
    for (std::uint64_t usual : {5U, 60U, 700U, 12U, 0U}) {
        for (int step = 0; step < 3000; ++step) {
            if (random.below(2 * usual + 1) >= expected.size()) {
                next += 1 + static_cast<StreamId>(random.below(8));
                add(next);
            } else {
                const auto some = expected.lower_bound(static_cast<StreamId>(random.below(next)));
                remove(some != expected.end() ? some->first : expected.begin()->first);
            }
            if (step % 100 == 0) {
                check_all();
            }
        }
    }
    check_all();
}

TEST_CASE_METHOD(Indexed, "a stream costs at most 16 bytes while they open, and never more than 24", "[index]") {
    for (StreamId id = 1; id <= limits::streams_max; ++id) {
        add(id);
        REQUIRE((index.capacity() == StreamIndex::capacity_min || is_within(16)));
    }
    const auto order = in_slot_order();
    for (const StreamId id : order) {
        remove(id);
        REQUIRE((index.capacity() == StreamIndex::capacity_min || is_within(24)));
    }
    CHECK(index.empty());
    CHECK(index.capacity() == StreamIndex::capacity_min);
}

// Where a table keeps its hash, those that remain would be in its last slots, and so in those of each smaller table.
TEST_CASE_METHOD(Indexed, "walks stay short when streams end in the order of their slots", "[index]") {
    fill(2);
    std::size_t capacity = index.capacity();
    const auto order = in_slot_order();
    for (const StreamId id : order) {
        remove(id);
        if (index.capacity() != capacity) {
            capacity = index.capacity();
            REQUIRE(index.longest_walk() <= 100);
        }
    }
}

TEST_CASE_METHOD(Indexed, "walks are short for each step of ids", "[index]") {
    fill(GENERATE(1U, 2U, 3U, 30U, 1024U, 4094U, 65536U, 131070U, 131072U));
    CHECK(index.size() == limits::streams_max);
    CHECK(index.longest_walk() <= 200);
}

TEST_CASE_METHOD(Indexed, "an index without memory for a larger table is as it was", "[index]") {
    const auto held = make_stream(1001);
    bool failed = false;
    for (StreamId id = 1; id <= 13; ++id) {
        ferrotunnel::test::fail_allocation(1);
        try {
            index.add(*held);
            index.remove(held->id());
        } catch (const std::bad_alloc&) {
            failed = true;
        }
        ferrotunnel::test::fail_allocation(0);
        check_all();
        add(id);
    }
    CHECK((failed || ferrotunnel::test::allocations_so_far() == 0));
}

TEST_CASE_METHOD(Indexed, "an index without memory for a smaller table keeps the larger one for now", "[index]") {
    fill(2);
    const std::size_t capacity = index.capacity();
    while ((index.size() - 1) * 3 >= capacity) {
        remove(expected.begin()->first);
    }
    REQUIRE(index.capacity() == capacity);
    ferrotunnel::test::fail_allocation(1);
    remove(expected.begin()->first);
    const bool has_failed = ferrotunnel::test::fail_allocation(0);
    CHECK((has_failed || ferrotunnel::test::allocations_so_far() == 0));
    CHECK((index.capacity() == capacity || !has_failed));
    check_all();
    remove(expected.begin()->first);
    CHECK(index.capacity() < capacity);
    check_all();
}

TEST_CASE_METHOD(Indexed, "what was moved out of the index is not there any more", "[index]") {
    add(1);
    add(3);
    const StreamIndex moved(std::move(index));
    CHECK(moved.size() == 2);
    CHECK(moved.find(3)->id() == 3);
    CHECK(index.empty());
    CHECK(index.find(3) == nullptr);
    index.remove(3);
    CHECK(index.capacity() == 0);
    expected.clear();
    add(5);
    check_all();
}

}  // namespace
}  // namespace ferrotunnel::mux::test
