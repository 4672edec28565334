#include "buffer/slab.hpp"

#include <malloc.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace ferrotunnel::buffer {
namespace {

// Runs `work` on a thread that owns no pool and waits for it.
template <typename Work>
void elsewhere(Work work) {
    std::thread(work).join();
}

std::vector<SlabPtr> acquire_many(SlabPool& pool, std::size_t count) {
    std::vector<SlabPtr> slabs;
    for (std::size_t i = 0; i < count; ++i) {
        slabs.push_back(pool.acquire());
    }
    return slabs;
}

TEST_CASE("a slab has its capacity and all of it may be written", "[slab]") {
    SlabPool pool;
    SlabPool::Scope scope(pool);
    SlabPtr slab = pool.acquire();
    REQUIRE(slab->capacity() == slab_bytes);
    std::memset(slab->data(), 0xa5, slab->capacity());
    REQUIRE(slab->data()[slab_bytes - 1] == 0xa5);
    REQUIRE(reinterpret_cast<std::uintptr_t>(slab->data()) % 8 == 0);
}

TEST_CASE("a pool counts its slabs and uses them again", "[slab]") {
    SlabPool pool;
    SlabPool::Scope scope(pool);
    REQUIRE(pool.in_use() == 0);
    SlabPtr slab = pool.acquire();
    Slab* address = slab.get();
    REQUIRE(pool.in_use() == 1);
    REQUIRE(pool.cached() == 0);
    slab.reset();
    REQUIRE(pool.in_use() == 0);
    REQUIRE(pool.cached() == 1);
    slab = pool.acquire();
    REQUIRE(slab.get() == address);
    REQUIRE(slab->unique());
    REQUIRE(pool.cached() == 0);
}

TEST_CASE("unique tells whether a slab may be overwritten", "[slab]") {
    SlabPool pool;
    SlabPtr slab = pool.acquire();
    REQUIRE(slab->unique());
    SlabPtr second = slab;
    REQUIRE_FALSE(slab->unique());
    second.reset();
    REQUIRE(slab->unique());
}

TEST_CASE("what is charged for a slab is what the allocator takes for it", "[slab]") {
    for (std::uint32_t capacity : {0U, 1U, 96U, 97U, 200U, 480U, 481U, 1'504U, 1'505U, 5'000U, slab_bytes}) {
        CAPTURE(capacity);
        const SlabPtr slab = make_slab(capacity);
        const std::size_t taken = malloc_usable_size(slab.get()) + sizeof(std::size_t);
        CHECK(slab_footprint(capacity) >= taken - allocation_overhead);
#ifndef __SANITIZE_ADDRESS__  // it has sizes of its own
        CHECK(slab_footprint(capacity) <= taken + allocation_overhead);
#endif
    }
}

TEST_CASE("a slab is charged to its ledger until its last reference goes", "[slab]") {
    auto ledger = make_intrusive<SlabLedger>();
    SlabPool pool;
    SlabPool::Scope scope(pool);
    SlabPtr slab = pool.acquire(ledger.get());
    SlabPtr uncharged = pool.acquire();
    REQUIRE(ledger->bytes() == slab_footprint(slab_bytes));
    SlabPtr small = make_slab(100, ledger.get());
    REQUIRE(ledger->bytes() == slab_footprint(slab_bytes) + slab_footprint(100));
    SlabPtr second = slab;
    slab.reset();
    REQUIRE(ledger->bytes() == slab_footprint(slab_bytes) + slab_footprint(100));
    second.reset();
    REQUIRE(ledger->bytes() == slab_footprint(100));
    small.reset();
    REQUIRE(ledger->bytes() == 0);

    // The next use of the same memory is charged to the ledger that it names, here none.
    slab = pool.acquire();
    REQUIRE(ledger->bytes() == 0);
}

TEST_CASE("a slab keeps its ledger alive", "[slab]") {
    SlabPtr slab;
    {
        auto ledger = make_intrusive<SlabLedger>();
        slab = make_slab(10, ledger.get());
    }
    slab.reset();  // the sanitizer would see a use after free
    SUCCEED();
}

TEST_CASE("a slab released on another thread is found again by the owner", "[slab]") {
    SlabPool pool;
    SlabPool::Scope scope(pool);
    auto ledger = make_intrusive<SlabLedger>();
    SlabPtr slab = pool.acquire(ledger.get());
    Slab* address = slab.get();
    elsewhere([&] { slab.reset(); });
    REQUIRE(pool.in_use() == 0);
    REQUIRE(pool.cached() == 1);
    REQUIRE(ledger->bytes() == 0);
    REQUIRE(pool.acquire().get() == address);
}

TEST_CASE("a release in another pool's scope sends the slab to its own pool", "[slab]") {
    SlabPool ours;
    SlabPool theirs;
    SlabPtr slab = ours.acquire();
    {
        SlabPool::Scope scope(theirs);
        slab.reset();
    }
    REQUIRE(ours.cached() == 1);
    REQUIRE(theirs.cached() == 0);
}

TEST_CASE("scopes nest", "[slab]") {
    SlabPool outer_pool;
    SlabPool inner_pool;
    SlabPool::Scope outer(outer_pool);
    {
        SlabPool::Scope inner(inner_pool);
        SlabPool::Scope again(inner_pool);
        inner_pool.acquire().reset();
        outer_pool.acquire().reset();
    }
    REQUIRE(inner_pool.cached() == 1);
    REQUIRE(outer_pool.cached() == 1);
    outer_pool.acquire().reset();
    REQUIRE(outer_pool.cached() == 1);
}

TEST_CASE("a pool keeps at most free_max slabs", "[slab]") {
    auto extra = GENERATE(as<std::size_t>{}, 0, 1, 50);
    SlabPool pool;
    SlabPool::Scope scope(pool);
    auto slabs = acquire_many(pool, SlabPool::free_max + extra);
    REQUIRE(pool.in_use() == SlabPool::free_max + extra);
    slabs.clear();
    REQUIRE(pool.in_use() == 0);
    REQUIRE(pool.cached() == SlabPool::free_max);
}

TEST_CASE("slabs returned from elsewhere are bounded too, although their owner sleeps", "[slab]") {
    auto extra = GENERATE(as<std::size_t>{}, 0, 1, 50);
    SlabPool pool;
    SlabPool::Scope scope(pool);
    auto slabs = acquire_many(pool, SlabPool::free_max + extra);
    elsewhere([&] { slabs.clear(); });
    REQUIRE(pool.in_use() == 0);
    REQUIRE(pool.cached() == SlabPool::free_max);

    // All of them can be had again, each once, and room on the return stack is given back.
    slabs = acquire_many(pool, SlabPool::free_max);
    REQUIRE(pool.cached() == 0);
    std::set<Slab*> distinct;
    for (const SlabPtr& slab : slabs) {
        distinct.insert(slab.get());
    }
    REQUIRE(distinct.size() == SlabPool::free_max);
    elsewhere([&] { slabs.clear(); });
    REQUIRE(pool.cached() == SlabPool::free_max);
}

TEST_CASE("trim frees what is cached, also what came from elsewhere", "[slab]") {
    SlabPool pool;
    SlabPool::Scope scope(pool);
    auto slabs = acquire_many(pool, 5);
    SlabPtr kept = pool.acquire();
    elsewhere([&] { slabs.resize(3); });
    slabs.clear();
    REQUIRE(pool.cached() == 5);
    pool.trim();
    REQUIRE(pool.cached() == 0);
    REQUIRE(pool.in_use() == 1);
    kept.reset();
    REQUIRE(pool.cached() == 1);
    pool.acquire().reset();
    REQUIRE(pool.cached() == 1);
}

// The next cases show their worth under AddressSanitizer, which sees leaks and uses after free.

TEST_CASE("slabs may outlive their pool", "[slab]") {
    SlabPtr here;
    SlabPtr there;
    auto ledger = make_intrusive<SlabLedger>();
    {
        SlabPool pool;
        SlabPool::Scope scope(pool);
        here = pool.acquire(ledger.get());
        there = pool.acquire(ledger.get());
        pool.acquire().reset();
        SlabPtr returned = pool.acquire();
        elsewhere([&] { returned.reset(); });
    }
    std::memset(here->data(), 1, here->capacity());
    here.reset();
    elsewhere([&] { there.reset(); });
    REQUIRE(ledger->bytes() == 0);
}

TEST_CASE("a pool may be destroyed inside its own scope", "[slab]") {
    auto ledger = make_intrusive<SlabLedger>();
    std::optional<SlabPool> pool(std::in_place);
    SlabPool::Scope scope(*pool);
    SlabPtr slab = pool->acquire(ledger.get());
    pool.reset();
    slab.reset();
    REQUIRE(ledger->bytes() == 0);
}

TEST_CASE("a scope that outlives its pool does not claim the next pool's slabs", "[slab]") {
    // The allocator likes to hand out the same address again: a stale pointer would then match the new pool.
    std::optional<SlabPool> first(std::in_place);
    SlabPool::Scope scope(*first);
    first.reset();
    SlabPool second;
    SlabPtr slab = second.acquire();
    elsewhere([&] {
        SlabPool::Scope owner(second);
        acquire_many(second, SlabPool::free_max).clear();
    });
    REQUIRE(second.cached() == SlabPool::free_max);
    slab.reset();  // foreign to this thread: were it taken for the owner's, a full list of free slabs would refuse it
    REQUIRE(second.cached() == SlabPool::free_max + 1);
}

TEST_CASE("make_slab gives exactly what was asked for", "[slab]") {
    auto capacity = GENERATE(as<std::uint32_t>{}, 0, 1, 4096, 65'507, 100'000);
    SlabPtr slab = make_slab(capacity);
    REQUIRE(slab->capacity() == capacity);
    if (capacity != 0) {
        std::memset(slab->data(), 1, capacity);
    }
}

TEST_CASE("a slice knows its bytes", "[slab][slice]") {
    Slice none;
    REQUIRE(none.empty());
    REQUIRE(none.bytes().empty());

    Slice slice = Slice::copy_of(as_bytes("tunnel"));
    REQUIRE(slice.size() == 6);
    REQUIRE(as_text(slice.bytes()) == "tunnel");
    REQUIRE(slice.slab()->capacity() == 6);
    REQUIRE(Slice::copy_of({}).empty());
}

TEST_CASE("a copy is charged to its ledger", "[slab][slice]") {
    auto ledger = make_intrusive<SlabLedger>();
    {
        Slice slice = Slice::copy_of(as_bytes("tunnel"), ledger.get());
        REQUIRE(ledger->bytes() == slab_footprint(6));
    }
    REQUIRE(ledger->bytes() == 0);
}

TEST_CASE("slices divide, share and move", "[slab][slice]") {
    Slice slice = Slice::copy_of(as_bytes("tunnel"));
    Slice middle = slice.share(1, 3);
    REQUIRE(as_text(middle.bytes()) == "unn");
    REQUIRE(middle.offset() == 1);
    Slice front = slice.take_front(2);
    REQUIRE(as_text(front.bytes()) == "tu");
    REQUIRE(as_text(slice.bytes()) == "nnel");
    slice.drop_front(1);
    REQUIRE(as_text(slice.bytes()) == "nel");
    REQUIRE_FALSE(slice.slab()->unique());

    Slice moved = std::move(slice);
    REQUIRE(as_text(moved.bytes()) == "nel");
    REQUIRE(slice.empty());  // NOLINT(bugprone-use-after-move): that it is empty is promised
    REQUIRE_FALSE(slice.slab());
    middle = std::move(moved);
    REQUIRE(as_text(middle.bytes()) == "nel");
    front = Slice();
    REQUIRE(middle.slab()->unique());

    Slice all = middle.take_front(3);
    REQUIRE(as_text(all.bytes()) == "nel");
    REQUIRE(middle.empty());
}

}  // namespace
}  // namespace ferrotunnel::buffer
