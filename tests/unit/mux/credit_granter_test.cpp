#include "mux/credit_granter.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

TEST_CASE_METHOD(SessionParts, "credit returns when enough was taken, in one amount", "[credit]") {
    const auto stream = open_answered(2);
    CHECK(credit.grant(*stream) == 0);
    REQUIRE_FALSE(feed(2, 16'000));
    REQUIRE_FALSE(feed(2, 16'000));
    credit.schedule(*stream);
    CHECK_FALSE(lanes.has_control());
    stream->consume(16'000);
    CHECK(context.shared->ready.empty());  // less than a quarter
    stream->consume(16'000);
    CHECK_FALSE(context.shared->ready.empty());
    credit.schedule(*stream);
    REQUIRE(lanes.has_control());
    (void)lanes.pop_control();
    CHECK(credit.grant(*stream) == 2 * (16'000 + limits::data_frame_cost));
    CHECK(credit.grant(*stream) == 0);
    CHECK(budget.committed() == 0);
}

TEST_CASE_METHOD(SessionParts, "a window grows within the budget, which pays for it", "[credit]") {
    const auto stream = open_answered(2);
    for (int i = 0; i < 3; ++i) {
        REQUIRE_FALSE(feed(2, 16'000));
        stream->consume(16'000);
    }
    context.now += 10ms;
    credit.grow(*stream, 10ms);
    REQUIRE(lanes.has_control());
    CHECK(credit.grant(*stream) > 48'000);
    CHECK(budget.committed() > 0);
    CHECK(budget.in_use() == budget.committed() + context.shared->ledger->bytes());
}

TEST_CASE_METHOD(SessionParts, "a stream that receives nothing more gets no credit", "[credit]") {
    const auto stream = open_answered(2);
    REQUIRE_FALSE(feed(2, 16'000));
    REQUIRE_FALSE(feed(2, 16'000, wire::flag::fin));
    stream->consume(16'000);
    stream->consume(16'000);
    CHECK(context.shared->ready.empty());
    credit.schedule(*stream);
    CHECK_FALSE(lanes.has_control());
    CHECK(credit.grant(*stream) == 0);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
