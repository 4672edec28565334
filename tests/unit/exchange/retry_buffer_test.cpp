#include "exchange/retry_buffer.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "base/bytes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;

namespace {

buffer::Slice piece(std::size_t bytes, char letter = 'x') {
    return buffer::Slice::copy_of(as_bytes(std::string(bytes, letter)));
}

std::string all_of(const RetryBuffer& kept) {
    std::string all;
    kept.for_each([&all](const buffer::Slice& slice, bool is_first) {
        CHECK(is_first == all.empty());
        all += as_text(slice.bytes());
    });
    return all;
}

}  // namespace

TEST_CASE("a kept request is head and body, in their order", "[kept]") {
    RetryMemory all;
    RetryBuffer kept(all);
    kept.add_head(piece(2, 'a'));
    kept.add_head(piece(1, 'b'));
    kept.add_body(piece(3, 'c'), 1'000, true);
    CHECK(all_of(kept) == "aabccc");
    CHECK(all_of(kept) == "aabccc");  // it can be read as often as needed
    CHECK(kept.is_whole());
    CHECK(all.now == 6 + 3 * limits::http_replay_piece_cost);
    kept.forget();
    CHECK_FALSE(kept.is_whole());
    CHECK(all.now == 0);
    kept.add_body(piece(1), 1'000, true);
    CHECK(all.now == 0);
}

TEST_CASE("limit: what one request keeps of its body", "[kept]") {
    const std::size_t cost = 10 + limits::http_replay_piece_cost;
    RetryMemory all;
    {
        RetryBuffer exact(all);
        exact.add_head(piece(5));
        exact.add_body(piece(10), 5 + cost, true);
        CHECK(exact.is_whole());
        RetryBuffer beyond(all);
        beyond.add_head(piece(5));
        beyond.add_body(piece(10), 5 + cost - 1, true);
        CHECK_FALSE(beyond.is_whole());
        // No backend has got it yet, so it has to be kept.
        RetryBuffer waiting(all);
        waiting.add_head(piece(5));
        waiting.add_body(piece(10), 5 + cost - 1, false);
        CHECK(waiting.is_whole());
    }
    CHECK(all.now == 0);
}

TEST_CASE("limit: what all requests of a worker keep", "[kept]") {
    const std::size_t cost = 10 + limits::http_replay_piece_cost;
    RetryMemory all;
    RetryBuffer kept(all);
    all.now = RetryMemory::max - cost;
    kept.add_body(piece(10), 1'000, true);
    CHECK(kept.is_whole());
    kept.add_body(piece(0), 1'000, true);
    CHECK_FALSE(kept.is_whole());
    CHECK(all.now == RetryMemory::max - cost);
}

TEST_CASE("a copy that was let go can begin again, empty", "[kept]") {
    RetryMemory all;
    RetryBuffer kept(all);
    kept.add_head(piece(5));
    kept.add_body(piece(10), 1, true);
    CHECK_FALSE(kept.is_whole());
    kept.restart();
    CHECK(kept.is_whole());
    CHECK(all.now == 0);
    kept.add_head(piece(7));
    std::size_t bytes = 0;
    kept.for_each([&](const buffer::Slice& each, bool) { bytes += each.size(); });
    CHECK(bytes == 7);
}
