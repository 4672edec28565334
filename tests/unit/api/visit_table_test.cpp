// Visits of a client by themselves: what a plan does.
#include "api/visit_table.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel {

namespace {

using detail::listen_for;
using detail::VisitChange;
using detail::VisitTable;
using VisitKind = VisitChange::Kind;

struct VisitTableParts {
    std::vector<VisitChange> apply(const std::vector<Visit>& visits) {
        std::vector<VisitChange> changes = table.plan(visits, false, problems);
        if (problems.empty()) {
            table.commit(changes, true);
        }
        return changes;
    }

    const VisitKey key{Secret::generate()};
    VisitTable table;
    std::vector<Problem> problems;
};

}  // namespace

TEST_CASE("visit table: a plan keeps what is the same, and the socket where only the service differs") {
    VisitTableParts parts;
    std::vector<VisitChange> changes = parts.apply({{"db", "0", parts.key}});
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].kind == VisitKind::added);
    CHECK(*changes[0].listener);
    CHECK(parts.table.has({"db", "0", parts.key}));
    CHECK(parts.apply({{"db", "0", parts.key}}).empty());
    const std::uint32_t id = changes[0].id;
    changes = parts.apply({{"db2@alice", "0", parts.key}});
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].kind == VisitKind::changed);
    CHECK(changes[0].id == id);
    CHECK(changes[0].plan->token == "alice");
    changes = parts.apply({});
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].kind == VisitKind::removed);
    CHECK(parts.table.size() == 0);
}

TEST_CASE("visit table: a place where it cannot listen is a problem, and nothing changes") {
    VisitTableParts parts;
    const std::vector<VisitChange> listening = parts.apply({{"db", "0", parts.key}});
    const std::string at = parts.table.stats().at(0).at;
    (void)parts.apply({{"db", "0", parts.key}, {"other", at, parts.key}});
    CHECK(parts.problems.size() == 1);
    CHECK(parts.table.size() == 1);
}

TEST_CASE("visit table: a visit that the application added is not compared") {
    VisitTableParts parts;
    std::error_code error;
    std::vector<VisitChange> changes{listen_for({"db", "0", parts.key}, false, error)};
    REQUIRE_FALSE(error);
    parts.table.commit(changes, false);
    CHECK_FALSE(parts.table.has({"db", "0", parts.key}));
    CHECK(parts.apply({}).empty());
    CHECK(parts.table.size() == 1);
}

}  // namespace ferrotunnel
