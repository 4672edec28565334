#include "metrics/member_counters.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel::metrics;

TEST_CASE("limit: so many members are told apart; those that are gone are added up", "[groups]") {
    MemberCounters book(2);
    auto first = book.row({"all", "http", "alice", "a"});
    CHECK(book.row({"all", "http", "alice", "a"}) == first);
    const auto second = book.row({"all", "http", "alice", "b"});
    first->visitors = 3;
    first->ejections = 1;
    const auto rest = book.row({"all", "http", "alice", "c"});
    CHECK(rest->labels() == MemberLabels{});
    first.reset();
    const auto third = book.row({"all", "http", "alice", "c"});
    CHECK(third->labels().member == "c");
    const auto rows = book.rows();
    REQUIRE(rows.size() == 3);
    CHECK(rows[0] == second);
    CHECK(rows[2]->visitors == 3);
    CHECK(rows[2]->ejections == 1);
}
