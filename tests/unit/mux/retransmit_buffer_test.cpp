#include "mux/retransmit_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include <catch2/catch.hpp>

#include "support/load.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;

namespace {

using Raw = std::vector<std::uint8_t>;

constexpr std::uint32_t frame_bytes = 16_KiB;
constexpr std::uint32_t frames_of_slab = buffer::slab_bytes / frame_bytes;

struct Rig {
    explicit Rig(std::uint64_t skip = 0, std::uint64_t most = 1_MiB) : keeper(skip, most, ledger) {}

    Raw bytes_of(const Batch& batch) {
        Raw all;
        for (Bytes piece : batch.pieces()) {
            all.insert(all.end(), piece.begin(), piece.end());
        }
        return all;
    }
    /// Sends a piece out of scratch, or out of a slab of its own.
    Raw send(std::size_t bytes, bool from_slab) {
        Batch batch(pool);
        add(batch, bytes, from_slab);
        keeper.keep(batch);
        return bytes_of(batch);
    }
    void add(Batch& batch, std::size_t bytes, bool from_slab) {
        if (from_slab) {
            buffer::SlabPtr slab = pool.acquire(ledger.get());
            fill(slab->data(), bytes);
            batch.append({slab, 0, static_cast<std::uint32_t>(bytes)}, 0);
        } else {
            fill(batch.scratch(bytes), bytes);
            batch.commit(bytes);
        }
    }
    void fill(std::uint8_t* to, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i) {
            to[i] = static_cast<std::uint8_t>(next++ * 7 >> 3);
        }
    }
    /// Sends so many whole slabs, a frame of each in turn.
    std::vector<buffer::SlabPtr> send_in_turn(std::uint32_t streams) {
        std::vector<buffer::SlabPtr> slabs;
        for (std::uint32_t i = 0; i < streams; ++i) {
            slabs.push_back(pool.acquire(ledger.get()));
        }
        for (std::uint32_t i = 0; i < frames_of_slab; ++i) {
            Batch batch(pool);
            for (const buffer::SlabPtr& slab : slabs) {
                batch.append({slab, i * frame_bytes, frame_bytes}, 0);
            }
            keeper.keep(batch);
        }
        return slabs;
    }
    /// Everything that is to be sent again.
    Raw again() {
        Raw all;
        while (keeper.has_unsent()) {
            Batch batch(pool);
            keeper.retransmit(batch);
            REQUIRE(!batch.empty());
            const Raw some = bytes_of(batch);
            all.insert(all.end(), some.begin(), some.end());
        }
        return all;
    }

    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope{pool};
    IntrusivePtr<buffer::SlabLedger> ledger = make_intrusive<buffer::SlabLedger>();
    RetransmitBuffer keeper;
    std::uint64_t next = 0;
};

Raw tail(const Raw& all, std::uint64_t from) {
    return {all.begin() + static_cast<std::ptrdiff_t>(from), all.end()};
}

}  // namespace

TEST_CASE("what belongs to the login does not count", "[resume]") {
    Rig rig(30);
    const Raw first = rig.send(100, false);
    CHECK(rig.keeper.sent() == 70);
    REQUIRE(rig.keeper.rewind(0));
    CHECK(rig.again() == tail(first, 30));
}

TEST_CASE("a peer can have only what was sent and not less than before", "[resume]") {
    Rig rig;
    rig.send(100, false);
    CHECK_FALSE(rig.keeper.confirm(101));
    REQUIRE(rig.keeper.confirm(60));
    CHECK(rig.keeper.confirm(59));  // an older word, sent again
    CHECK(rig.keeper.confirmed() == 60);
    CHECK_FALSE(rig.keeper.can_rewind(59));
    CHECK_FALSE(rig.keeper.rewind(101));
    REQUIRE(rig.keeper.rewind(60));
    CHECK_FALSE(rig.keeper.confirm(61));  // it has not been sent again
    CHECK(rig.again().size() == 40);
    CHECK(rig.keeper.confirm(100));
}

TEST_CASE("an idle session keeps nothing", "[resume]") {
    Rig rig;
    rig.send(20'000, true);
    rig.send(10, false);
    rig.send(60'000, true);
    CHECK(rig.keeper.held() > 120'000);
    REQUIRE(rig.keeper.confirm(rig.keeper.sent()));
    CHECK(rig.keeper.held() == 0);
    CHECK(rig.ledger->bytes() == 0);
    CHECK(rig.pool.in_use() == 0);
}

TEST_CASE("a keeper that has given up holds nothing, and still knows what can be confirmed", "[resume]") {
    Rig rig;
    rig.send(20'000, true);
    rig.send(10, false);
    REQUIRE(rig.keeper.confirm(5));
    rig.keeper.give_up();
    rig.send(30'000, true);
    CHECK(rig.keeper.held() == 0);
    CHECK(rig.pool.in_use() == 0);
    CHECK(rig.keeper.sent() == 50'010);
    CHECK_FALSE(rig.keeper.can_rewind(50'010));
    CHECK_FALSE(rig.keeper.confirm(50'011));
    CHECK(rig.keeper.confirm(50'010));
    CHECK(rig.keeper.confirmed() == 50'010);
}

TEST_CASE("small pieces pin no slabs, and a few of them take little", "[resume]") {
    Rig rig;
    rig.send(16, false);
    rig.send(1'000, true);
    CHECK(rig.keeper.held() < 4_KiB);
    for (int i = 0; i < 1'000; ++i) {
        rig.send(1'000, true);
    }
    CHECK(rig.keeper.held() < 1'300'000);
    CHECK(rig.ledger->bytes() < 1'300'000);
}

TEST_CASE("the bound counts what slabs pin", "[resume]") {
    Rig rig(0, 1_MiB);
    int sent = 0;
    while (!rig.keeper.is_full()) {
        rig.send(limits::keep_copied_below, true);
        ++sent;
    }
    CHECK(sent < 17);
    CHECK(rig.keeper.is_half_full());
    CHECK_FALSE(rig.keeper.is_beyond());
    CHECK(rig.keeper.held() <= rig.ledger->bytes());
}

TEST_CASE("the bound counts a slab once, though frames of other streams lie between its pieces", "[resume]") {
    const std::uint32_t streams = GENERATE(2U, 10U, 32U);
    Rig rig(0, 64_MiB);
    const std::vector<buffer::SlabPtr> slabs = rig.send_in_turn(streams);
    const std::uint64_t all = slabs.size() * buffer::slab_footprint(buffer::slab_bytes);
    CHECK(rig.keeper.held() == all);
    const std::uint64_t frames_of_all = std::uint64_t{slabs.size()} * frame_bytes;
    REQUIRE(rig.keeper.confirm((frames_of_slab - 1) * frames_of_all));
    CHECK(rig.keeper.held() == all);  // each is pinned by its last frame
    REQUIRE(rig.keeper.confirm((frames_of_slab - 1) * frames_of_all + frame_bytes));
    CHECK(rig.keeper.held() == all - all / slabs.size());
    REQUIRE(rig.keeper.confirm(frames_of_slab * frames_of_all));
    CHECK(rig.keeper.held() == 0);
}

TEST_CASE("beyond 32 streams in turn a slab counts for each of its frames, and nothing is left of that", "[resume]") {
    Rig rig(0, 64_MiB);
    const std::vector<buffer::SlabPtr> slabs = rig.send_in_turn(33);
    const std::uint64_t all = slabs.size() * buffer::slab_footprint(buffer::slab_bytes);
    CHECK(rig.keeper.held() == frames_of_slab * all);
    REQUIRE(rig.keeper.confirm(slabs.size() * frame_bytes));
    CHECK(rig.keeper.held() == (frames_of_slab - 1) * all);
    REQUIRE(rig.keeper.confirm(slabs.size() * buffer::slab_bytes));
    CHECK(rig.keeper.held() == 0);
}

TEST_CASE("whatever is confirmed and cut, the rest is sent again byte for byte", "[resume]") {
    for (std::uint64_t seed = 1; seed <= (ferrotunnel::test::slow_build ? 20 : 200); ++seed) {
        ferrotunnel::test::SeededRandom random(seed);
        Rig rig(0, 64_MiB);
        Raw all;
        std::uint64_t has = 0;  // what the peer has
        for (int step = 0; step < 60; ++step) {
            const std::uint64_t what = random.below(10);
            if (what < 6) {
                Batch batch(rig.pool);
                for (std::uint64_t i = random.between(1, 6); i > 0; --i) {
                    const bool from_slab = random.chance(50);
                    rig.add(batch, random.between(1, from_slab ? 64_KiB : 3'000), from_slab);
                }
                rig.keeper.keep(batch);
                const Raw some = rig.bytes_of(batch);
                all.insert(all.end(), some.begin(), some.end());
            } else if (what < 9) {
                has += random.below(all.size() - has + 1);
                REQUIRE(rig.keeper.confirm(has));
            } else {
                const std::uint64_t had = has + random.below(all.size() - has + 1);
                REQUIRE(rig.keeper.rewind(had));
                if (random.chance(50)) {  // cut again, in the middle of it
                    Batch batch(rig.pool);
                    rig.keeper.retransmit(batch);
                    REQUIRE(rig.keeper.rewind(had));
                }
                REQUIRE(rig.again() == tail(all, had));
                has = had;
            }
            REQUIRE(rig.keeper.sent() == all.size());
            REQUIRE(rig.keeper.confirmed() <= all.size());
        }
        REQUIRE(rig.keeper.confirm(all.size()));
        REQUIRE(rig.pool.in_use() == 0);
    }
}
