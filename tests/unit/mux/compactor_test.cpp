#include "mux/compactor.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

TEST_CASE_METHOD(SessionParts, "a small remainder is copied, so that its slab is free", "[compactor]") {
    const auto stream = open_answered(2);
    REQUIRE_FALSE(feed(2, 5'000));
    const std::uint64_t before = context.shared->ledger->bytes();
    compactor.compact();
    compactor.forget();
    CHECK(context.stats.bytes_copied == 5'000);
    CHECK(context.shared->ledger->bytes() < before);
    CHECK(stream->front()->slice.size() == 5'000);
    compactor.compact();  // nothing is left to check
    CHECK(context.stats.bytes_copied == 5'000);
}

TEST_CASE_METHOD(SessionParts, "what was taken, discarded, or is large is not copied", "[compactor]") {
    const auto taken = open_answered(2);
    REQUIRE_FALSE(feed(2, 5'000));
    taken->consume(5'000);
    compactor.compact();
    compactor.forget();
    const auto large = open_answered(4);
    REQUIRE_FALSE(feed(4, 16'000));
    compactor.compact();
    compactor.forget();
    const auto discarded = open_answered(6);
    REQUIRE_FALSE(feed(6, 5'000));
    discarded->stop_receiving();
    requests.serve_ready();
    compactor.compact();
    compactor.forget();
    CHECK(context.stats.bytes_copied == 0);
}

TEST_CASE_METHOD(SessionParts, "where memory is short even a full frame is copied", "[compactor]") {
    const auto stream = open_answered(2);
    REQUIRE_FALSE(feed(2, 16'000));
    context.shared->set_tight(true);
    compactor.compact();
    compactor.forget();
    CHECK(context.stats.bytes_copied == 16'000);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
