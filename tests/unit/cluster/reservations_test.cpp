// Reservations of names that nobody has.
#include "cluster/reservations.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "unit/cluster/table_values.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;
using namespace ferrotunnel::test;
using namespace std::chrono_literals;

namespace {

Reservation reservation_for(const Name& name, std::uint64_t token, Duration time) {
    return {name, table_token(token), table_start + time};
}

struct ReservationTable {
    bool add(const Name& name, std::uint64_t token, Duration time, MemberIndex from = 0, Duration at = 0s) {
        return all.add(from, reservation_for(name, token, time), table_start + at);
    }
    std::optional<TimePoint> until(const Name& name, Duration at = 0s) const {
        const auto found = all.find(name, table_start + at);
        return found ? std::optional(found->until) : std::nullopt;
    }

    Reservations all{table_seed};
};

}  // namespace

TEST_CASE("cluster reservations: a name is reserved until its time") {
    ReservationTable table;
    const Name name = table_path("a.example", 1);
    CHECK_FALSE(table.add(name, 1, 0s));
    CHECK(table.all.size() == 0);
    CHECK(table.add(name, 1, 10s));
    CHECK(table.until(name, 10s - 1ns) == table_start + 10s);
    CHECK(table.all.find(name, table_start)->token == table_token(1));
    CHECK_FALSE(table.until(name, 10s));
    CHECK_FALSE(table.until(table_path("a.example", 2)));
    table.all.erase(table_path("a.example", 2));
    table.all.erase(name);
    CHECK_FALSE(table.until(name));
    CHECK(table.all.size() == 0);
}

TEST_CASE("cluster reservations: a time that is too long is shortened") {
    ReservationTable table;
    CHECK(table.add(table_path("a.example", 1), 1, cluster::limits::reservation_max + 1s));
    CHECK(table.until(table_path("a.example", 1)) == table_start + cluster::limits::reservation_max);
    CHECK(table.all.add(0, {table_path("a.example", 2), table_token(1), never}, table_start));
    CHECK(table.until(table_path("a.example", 2)) == table_start + cluster::limits::reservation_max);
}

TEST_CASE("cluster reservations: the first token keeps a name, and may extend its time") {
    ReservationTable table;
    const Name name = table_path("a.example", 1);
    CHECK(table.add(name, 1, 10s));
    CHECK_FALSE(table.add(name, 2, 20s));
    CHECK(table.until(name) == table_start + 10s);
    CHECK(table.add(name, 1, 5s));
    CHECK(table.until(name) == table_start + 10s);
    CHECK(table.add(name, 1, 15s));
    CHECK(table.until(name) == table_start + 15s);
    CHECK(table.add(name, 2, 20s, 0, 15s));
    CHECK(table.all.find(name, table_start + 15s)->token == table_token(2));
    CHECK(table.all.size() == 1);
}

TEST_CASE("cluster reservations: a root has the token whose reservation ends last") {
    ReservationTable table;
    const auto token_at = [&](Duration at) {
        return table.all.token_of_root(table_path("a.example", 9), table_start + at);
    };
    CHECK_FALSE(token_at(0s));
    table.add(table_path("a.example", 1), 1, 10s);
    table.add(table_path("a.example", 2), 2, 20s);
    table.add(table_path("a.example", 3), 3, 5s);
    table.add(table_path("b.example", 1), 4, 30s);
    CHECK(token_at(0s) == table_token(2));
    CHECK(token_at(19s) == table_token(2));
    CHECK_FALSE(token_at(20s));
    table.all.erase(table_path("a.example", 2));
    CHECK(token_at(0s) == table_token(1));
    table.add(table_path("a.example", 3), 3, 12s);
    CHECK(token_at(0s) == table_token(3));
}

TEST_CASE("cluster reservations: those that have ended are removed, the first ones first") {
    ReservationTable table;
    for (std::uint64_t i = 0; i < 10; ++i) {
        table.add(table_path("a.example", i), 1, std::chrono::seconds(10 - i));
    }
    table.add(table_path("a.example", 0), 1, 20s);
    CHECK(table.all.expire(table_start, 100) == 0);
    CHECK(table.all.expire(table_start + 5s, 3) == 3);
    CHECK(table.all.size() == 7);
    CHECK(table.until(table_path("a.example", 6)));
    CHECK_FALSE(table.until(table_path("a.example", 7)));
    CHECK(table.all.expire(table_start + 5s, 100) == 2);

    std::set<Name> left;
    table.all.for_each(table_start + 8s, [&](const Reservation& one) { left.insert(one.name); });
    CHECK(left == std::set<Name>{table_path("a.example", 0), table_path("a.example", 1)});
    CHECK(table.all.size() == 5);
    CHECK(table.all.expire(table_start + 20s, 100) == 5);
}

TEST_CASE("cluster reservations: a new one removes two that have ended") {
    ReservationTable table;
    for (std::uint64_t i = 0; i < 4; ++i) {
        table.add(table_path("a.example", i), 1, 1s);
    }
    table.add(table_path("b.example", 1), 1, 10s, 0, 1s);
    CHECK(table.all.size() == 3);
    table.add(table_path("b.example", 2), 1, 10s, 0, 1s);
    CHECK(table.all.size() == 2);
}

TEST_CASE("cluster reservations: a member has a bound, the others have theirs", "[large]") {
    ReservationTable table;
    std::uint64_t added = 0;
    for (std::uint64_t i = 0; i < cluster::limits::reservations_max; ++i) {
        added += table.add(table_path("a.example", i), i, std::chrono::milliseconds(i + 1), 3) ? 1 : 0;
    }
    CHECK(added == cluster::limits::reservations_max);
    const Name more = table_path("b.example", 1);
    CHECK_FALSE(table.add(more, 1, 10h, 3));
    CHECK(table.add(table_path("a.example", 7), 7, 10h, 3));  // is extended
    CHECK(table.add(more, 1, 10h, 4));
    table.all.erase(table_path("a.example", 1));
    CHECK(table.add(table_path("b.example", 2), 1, 10h, 3));
    CHECK_FALSE(table.add(table_path("b.example", 3), 1, 10h, 3));
    CHECK(table.add(table_path("b.example", 3), 1, 10h, 3, 1ms));  // the first one has ended
    CHECK(table.all.size() == cluster::limits::reservations_max + 1);
}

TEST_CASE("cluster reservations: a member has a bound of bytes", "[large]") {
    ReservationTable table;
    const std::string path = "/" + std::string(cluster::limits::path_max - 10, 'p');
    const auto name_of = [&path](std::uint64_t number) {
        return Name::of_host("app.example", path + std::to_string(number));
    };
    std::uint64_t added = 0;
    while (table.add(name_of(added), 1, 10h, 3)) {
        ++added;
    }
    CHECK(added < cluster::limits::reservations_max);
    CHECK(table.all.memory() < cluster::limits::claims_bytes_max * 11 / 10);
    CHECK(table.all.memory() > cluster::limits::claims_bytes_max * 9 / 10);
    CHECK(table.add(name_of(added), 1, 10h, 4));
    table.all.erase(name_of(0));
    CHECK(table.add(name_of(added + 1), 1, 10h, 3));
    CHECK_FALSE(table.add(name_of(added + 2), 1, 10h, 3));
}
