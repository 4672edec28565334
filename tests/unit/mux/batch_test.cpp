#include "mux/batch.hpp"

#include <cstring>

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::mux;

namespace {

void add_scratch(Batch& batch, std::size_t n, std::uint8_t fill) {
    std::memset(batch.scratch(n), fill, n);
    batch.commit(n);
}

}  // namespace

TEST_CASE("an empty batch holds nothing") {
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    Batch batch(pool);
    REQUIRE(batch.empty());
    REQUIRE(batch.has_room());
    REQUIRE(batch.bytes() == 0);
    REQUIRE(pool.in_use() == 0);
}

TEST_CASE("small frames share one slab and one piece") {
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    Batch batch(pool);
    for (std::uint8_t i = 0; i < 50; ++i) {
        add_scratch(batch, 10, i);
    }
    REQUIRE(batch.pieces().size() == 1);
    REQUIRE(batch.bytes() == 500);
    REQUIRE(pool.in_use() == 1);
    batch.clear();
    REQUIRE(batch.empty());
    REQUIRE(pool.in_use() == 0);
}

TEST_CASE("pieces keep their order, and writing continues where it stopped") {
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    Batch batch(pool);
    std::vector<std::uint8_t> expected;
    for (std::uint8_t i = 0; i < 20; ++i) {
        add_scratch(batch, 8, i);
        expected.insert(expected.end(), 8, i);
        std::vector<std::uint8_t> payload(100U + i, static_cast<std::uint8_t>(0x80 + i));
        expected.insert(expected.end(), payload.begin(), payload.end());
        batch.append(buffer::Slice::copy_of(payload), 0);
    }
    REQUIRE(batch.bytes() == expected.size());
    std::vector<std::uint8_t> written;
    std::size_t step = 1;
    while (!batch.empty()) {
        std::size_t n = 0;
        for (Bytes piece : batch.pieces()) {
            std::size_t take = std::min(piece.size(), step - n);
            written.insert(written.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(take));
            n += take;
            if (n == step) {
                break;
            }
        }
        batch.advance(n);
        step = step * 2 + 1;
    }
    REQUIRE(written == expected);
    REQUIRE(batch.bytes() == 0);
    REQUIRE(pool.in_use() == 0);
}

TEST_CASE("a batch is full by pieces or by bytes") {
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    SECTION("pieces") {
        Batch batch(pool);
        std::size_t frames = 0;
        while (batch.has_room()) {
            add_scratch(batch, 8, 0);
            batch.append(buffer::Slice::copy_of(std::vector<std::uint8_t>(10)), 0);
            ++frames;
        }
        REQUIRE(batch.pieces().size() <= Batch::pieces_max);
        REQUIRE(frames >= Batch::pieces_max / 2 - 1);
    }
    SECTION("bytes") {
        Batch batch(pool);
        while (batch.has_room()) {
            add_scratch(batch, 8, 0);
            batch.append(buffer::Slice(pool.acquire(), 0, 60'000), 0);
        }
        REQUIRE(batch.bytes() >= limits::batch_bytes_max);
        REQUIRE(batch.bytes() < limits::batch_bytes_max + 60'008);
    }
}

TEST_CASE("what is copied into a batch is counted") {
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    Batch batch(pool);
    batch.append_copy(std::vector<std::uint8_t>(123));
    REQUIRE(batch.copied() == 123);
    REQUIRE(batch.bytes() == 123);
}
