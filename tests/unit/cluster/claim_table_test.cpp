// What every member has: entries, reservations, syncs and bounds.
#include "cluster/claim_table.hpp"

#include <catch2/catch.hpp>
#include <new>
#include <set>

#include "cluster/limits.hpp"
#include "support/count_allocations.hpp"
#include "support/seeded_random.hpp"
#include "unit/cluster/bugs_throw.hpp"
#include "unit/cluster/table_values.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;
using namespace ferrotunnel::cluster::test;
using namespace std::chrono_literals;
using TableAdded = ClaimTable::Added;
using TableEntry = ClaimTable::Entry;

namespace {

const Name path_one = path_of("app.example", 1);
const Name path_two = path_of("app.example", 2);
const Name public_port = Name::of_port(2222, false);

std::set<Name> names_of(const ClaimTable& table, MemberIndex member) {
    std::set<Name> names;
    table.for_each(member, [&](const Claim& claim) { names.insert(claim.name); });
    return names;
}

std::set<Name> as_set(const std::vector<Name>& names) {
    std::set<Name> set(names.begin(), names.end());
    CHECK(set.size() == names.size());
    return set;
}

// A host of 24 to 30 bytes.
Name typical_host(std::uint64_t number) {
    std::string host = "-" + std::to_string(100'000 + number) + ".dev.example.com";
    host.insert(0, 24 + number % 7 - host.size(), 'a');
    return Name::of_host(host, "/");
}

}  // namespace

TEST_CASE("cluster table: an empty one has nothing") {
    ClaimTable table(3, table_seed);
    CHECK(table.entries(path_one).empty());
    CHECK_FALSE(table.entry(0, path_one));
    CHECK_FALSE(table.oldest_of_root(path_one));
    CHECK_FALSE(table.token_of_root(path_one, table_start));
    CHECK_FALSE(table.reservation(path_one, table_start));
    CHECK_FALSE(table.remove(0, path_one, never, table_start));
    CHECK(names_of(table, 2).empty());
    CHECK(table.size(0) == 0);
    CHECK(table.reservations() == 0);
    CHECK(table.latest() == 0);
}

TEST_CASE("cluster table: each member has its entry of a name") {
    ClaimTable table(3, table_seed);
    CHECK(table.add(2, {path_one, owner_of(1, 5), 30}) == TableAdded::added);
    CHECK(table.add(0, {path_one, owner_of(1, 6), 20}) == TableAdded::added);
    CHECK(table.add(0, {public_port, owner_of(2), 10}) == TableAdded::added);
    CHECK(table.entries(path_one) == std::vector<TableEntry>{{0, owner_of(1, 6), 20}, {2, owner_of(1, 5), 30}});
    CHECK(table.entry(2, path_one) == TableEntry{2, owner_of(1, 5), 30});
    CHECK_FALSE(table.entry(1, path_one));
    CHECK(table.entries(path_two).empty());
    CHECK(names_of(table, 0) == std::set<Name>{path_one, public_port});
    CHECK(names_of(table, 2) == std::set<Name>{path_one});
    CHECK(table.size(0) == 2);
    CHECK(table.size(1) == 0);
    CHECK(table.latest() == 30);

    CHECK(table.remove(0, path_one, table_start, table_start));
    CHECK_FALSE(table.remove(0, path_one, table_start, table_start));
    CHECK(table.entries(path_one) == std::vector<TableEntry>{{2, owner_of(1, 5), 30}});
    CHECK(table.latest() == 30);
}

TEST_CASE("cluster table: an entry is changed, not added again") {
    ClaimTable table(2, table_seed);
    CHECK(table.add(1, {path_one, owner_of(1), 30}) == TableAdded::added);
    CHECK(table.add(1, {path_one, owner_of(1), 30}) == TableAdded::known);
    CHECK(table.add(1, {path_one, owner_of(1), 40}) == TableAdded::changed);
    CHECK(table.add(1, {path_one, owner_of(1, 2), 40}) == TableAdded::changed);
    CHECK(table.add(1, {path_one, owner_of(3), 40}) == TableAdded::changed);
    CHECK(table.entries(path_one) == std::vector<TableEntry>{{1, owner_of(3), 40}});
    CHECK(table.token_of_root(path_one, table_start) == token_of(3));
    CHECK(table.size(1) == 1);
    CHECK(table.latest() == 40);
}

TEST_CASE("cluster table: a root has the token of its oldest entry") {
    ClaimTable table(3, table_seed);
    table.add(1, {path_one, owner_of(1), 20});
    CHECK(table.token_of_root(path_of("app.example", 9), table_start) == token_of(1));
    CHECK_FALSE(table.token_of_root(path_of("b.app.example", 1), table_start));
    CHECK_FALSE(table.token_of_root(public_port, table_start));
    table.add(2, {path_two, owner_of(2), 10});
    CHECK(table.oldest_of_root(path_one) == TableEntry{2, owner_of(2), 10});
    CHECK(table.token_of_root(path_one, table_start) == token_of(2));
    table.add(0, {path_one, owner_of(3), 10});  // equally old: the smaller member's
    CHECK(table.token_of_root(path_one, table_start) == token_of(3));
    table.add(0, {path_one, owner_of(3), 21});
    CHECK(table.token_of_root(path_one, table_start) == token_of(2));
    table.remove(2, path_two, table_start, table_start);
    CHECK(table.token_of_root(path_one, table_start) == token_of(1));
}

TEST_CASE("cluster table: a name that nobody has any more is reserved") {
    ClaimTable table(2, table_seed);
    table.add(0, {path_one, owner_of(1), 1});
    table.add(1, {path_one, owner_of(1, 2), 1});
    CHECK(table.remove(0, path_one, table_start + 10s, table_start));
    CHECK_FALSE(table.reservation(path_one, table_start));  // the other member has it
    CHECK(table.remove(1, path_one, table_start + 20s, table_start));
    const auto reservation = table.reservation(path_one, table_start);
    REQUIRE(reservation);
    CHECK(reservation->name == path_one);
    CHECK(reservation->token == token_of(1));
    CHECK(reservation->until == table_start + 20s);
    CHECK(table.token_of_root(path_two, table_start + 20s - 1ns) == token_of(1));
    CHECK_FALSE(table.token_of_root(path_two, table_start + 20s));
    CHECK_FALSE(table.reservation(path_two, table_start));

    table.add(0, {path_two, owner_of(2), 1});  // what somebody has counts more than what is reserved
    CHECK(table.token_of_root(path_one, table_start) == token_of(2));
    table.add(0, {path_one, owner_of(3), 2});
    CHECK_FALSE(table.reservation(path_one, table_start));
    CHECK(table.remove(0, path_one, table_start, table_start));
    CHECK(table.reservations() == 0);
}

TEST_CASE("cluster table: reservations that are reported") {
    ClaimTable table(2, table_seed);
    table.add(1, {public_port, owner_of(1), 1});
    CHECK_FALSE(table.reserve(0, {public_port, token_of(1), table_start + 10s}, table_start));  // somebody has it
    CHECK_FALSE(table.reserve(0, {path_one, token_of(1), table_start}, table_start));
    CHECK(table.reserve(0, {path_one, token_of(1), table_start + 10s}, table_start));
    CHECK_FALSE(table.reserve(0, {path_one, token_of(2), table_start + 20s}, table_start));
    CHECK(table.reserve(1, {path_two, token_of(1), never}, table_start));
    CHECK(table.reservation(path_two, table_start)->until == table_start + cluster::limits::reservation_max);

    const auto reserved_at = [&](TimePoint now) {
        std::set<Name> names;
        table.for_each_reservation(now, [&](const Reservation& reservation) { names.insert(reservation.name); });
        return names;
    };
    CHECK(reserved_at(table_start) == std::set<Name>{path_one, path_two});
    CHECK(reserved_at(table_start + 10s) == std::set<Name>{path_two});
    CHECK(table.reservations() == 2);
    table.expire(table_start + 10s, 0);
    CHECK(table.reservations() == 2);
    table.expire(table_start + 10s, 5);
    CHECK(table.reservations() == 1);
}

TEST_CASE("cluster table: what a sync does not repeat ends") {
    ClaimTable table(2, table_seed);
    CHECK(table.end_sync(0).empty());
    table.add(0, {path_one, owner_of(1), 1});
    table.add(0, {path_two, owner_of(1), 1});
    table.add(1, {path_two, owner_of(1), 1});
    CHECK(table.end_sync(0).empty());  // no sync has begun
    CHECK(table.size(0) == 2);

    table.begin_sync(0);
    table.add(0, {path_one, owner_of(1), 1});
    table.add(0, {public_port, owner_of(1), 2});
    CHECK(table.size(0) == 3);
    CHECK(as_set(table.end_sync(0)) == std::set<Name>{path_two});
    CHECK(names_of(table, 0) == std::set<Name>{path_one, public_port});
    CHECK(table.size(1) == 1);
    CHECK_FALSE(table.reservation(path_two, table_start));

    table.begin_sync(0);
    table.add(0, {path_one, owner_of(1), 1});
    table.begin_sync(0);  // the link was lost meanwhile
    table.add(0, {public_port, owner_of(1), 2});
    CHECK(as_set(table.end_sync(0)) == std::set<Name>{path_one});
    CHECK(table.end_sync(0).empty());
    table.begin_sync(0);
    CHECK(as_set(table.end_sync(0)) == std::set<Name>{public_port});
    CHECK(table.size(0) == 0);
}

TEST_CASE("cluster table: a member that has left the list has no entries") {
    ClaimTable table(2, table_seed);
    table.add(0, {path_one, owner_of(1), 1});
    table.add(0, {public_port, owner_of(2), 1});
    table.add(1, {path_one, owner_of(1), 1});
    table.begin_sync(0);
    CHECK(as_set(table.forget(0)) == std::set<Name>{path_one, public_port});
    CHECK(table.size(0) == 0);
    CHECK(table.entries(path_one) == std::vector<TableEntry>{{1, owner_of(1), 1}});
    table.add(0, {public_port, owner_of(2), 1});
    CHECK(table.end_sync(0).empty());
    CHECK(table.size(0) == 1);
}

TEST_CASE("cluster table: members outside the list are bugs") {
    const ferrotunnel::test::BugsThrow throws;
    CHECK_THROWS_AS(ClaimTable(0, table_seed), BugError);
    CHECK_THROWS_AS(ClaimTable(cluster::limits::members_max + 1, table_seed), BugError);
    ClaimTable table(cluster::limits::members_max, table_seed);
    CHECK(table.add(cluster::limits::members_max - 1, {path_one, owner_of(1), 1}) == TableAdded::added);
    CHECK_THROWS_AS(table.add(cluster::limits::members_max, {path_one, owner_of(1), 1}), BugError);
    CHECK_THROWS_AS(table.reserve(cluster::limits::members_max, {public_port, token_of(1), never}, table_start),
                    BugError);
    CHECK_THROWS_AS(table.size(cluster::limits::members_max), BugError);
    CHECK(table.entries(path_one).size() == 1);
}

// A list of the root's names that is searched, or searched for the oldest, would take hours.
TEST_CASE("cluster table: a member has a bound of entries, which may all have one root") {
    ClaimTable table(2, table_seed);
    for (std::uint64_t i = 0; i < cluster::limits::claims_max; ++i) {
        REQUIRE(table.add(0, {path_of("app.example", i), owner_of(i), i + 1}) == TableAdded::added);
    }
    const Name more = path_of("app.example", cluster::limits::claims_max);
    CHECK(table.add(0, {more, owner_of(1), 1}) == TableAdded::full);
    CHECK_FALSE(table.entry(0, more));
    CHECK(table.add(0, {path_of("app.example", 7), owner_of(9), 8}) == TableAdded::changed);
    CHECK(table.add(1, {more, owner_of(1), cluster::limits::claims_max + 1}) == TableAdded::added);
    for (std::uint64_t i = 0; i < cluster::limits::claims_max; ++i) {
        REQUIRE(table.oldest_of_root(more)->since == i + 1);
        REQUIRE(table.remove(0, path_of("app.example", i), table_start, table_start));
    }
    CHECK(table.oldest_of_root(more)->member == 1);
    CHECK(table.add(0, {more, owner_of(1), 1}) == TableAdded::added);
}

TEST_CASE("cluster table: what a member gives up cannot fill the memory") {
    ClaimTable table(2, table_seed);
    for (std::uint64_t i = 0; i <= cluster::limits::reservations_max; ++i) {
        table.add(0, {path_of("app.example", i), owner_of(1), 1});
        table.remove(0, path_of("app.example", i), table_start + 1h, table_start);
    }
    CHECK(table.reservations() == cluster::limits::reservations_max);
    CHECK_FALSE(table.reservation(path_of("app.example", cluster::limits::reservations_max), table_start));
    CHECK(table.reserve(1, {public_port, token_of(1), table_start + 1h}, table_start));
}

TEST_CASE("cluster table: 100,000 typical hosts take 200 bytes each at most") {
    constexpr std::uint64_t hosts = 100'000;
    const std::int64_t before = ferrotunnel::test::bytes_held();
    ClaimTable table(3, table_seed);
    const std::size_t empty = table.memory();
    for (std::uint64_t i = 0; i < hosts; ++i) {
        const Name host = typical_host(i);
        table.add(1, {host, owner_of(i, i), i});
    }
    const auto held = static_cast<std::uint64_t>(ferrotunnel::test::bytes_held() - before);
    CAPTURE(held / hosts, table.memory() / hosts);
    CHECK(table.size(1) == hosts);
    if (held > 0) {  // not with sanitizers
        CHECK(held <= 200 * hosts);
        CHECK(table.memory() <= held);
        CHECK(table.memory() >= held * 4 / 5);
    }
    CHECK(table.forget(1).size() == hosts);
    CHECK(table.memory() == empty);
    if (held > 0) {
        CHECK(ferrotunnel::test::bytes_held() - before < 2'000);
    }
}

TEST_CASE("cluster table: without memory for an entry the table is unchanged") {
    // Each of them allocates: its text, and room in the pools at these numbers.
    for (std::uint64_t present : {std::uint64_t{0}, std::uint64_t{64}, std::uint64_t{128}}) {
        ClaimTable table(2, table_seed);
        for (std::uint64_t i = 0; i < present; ++i) {
            table.add(0, {typical_host(i), owner_of(1), 1});
        }
        const Claim claim{typical_host(present), owner_of(2), 2};
        table.reserve(1, {claim.name, token_of(2), table_start + 1s}, table_start);
        bool has_failed = true;
        std::uint64_t failures = 0;
        while (has_failed) {
            ferrotunnel::test::fail_allocation(failures + 1);
            try {
                table.add(0, claim);
            } catch (const std::bad_alloc&) {
            }
            has_failed = ferrotunnel::test::fail_allocation(0);
            CHECK(table.size(0) == present + (has_failed ? 0 : 1));
            CHECK(table.entry(0, claim.name).has_value() != has_failed);
            CHECK(table.reservation(claim.name, table_start).has_value() == has_failed);
            CHECK(table.token_of_root(claim.name, table_start) == token_of(2));
            CHECK(names_of(table, 0).size() == table.size(0));
            failures += has_failed ? 1 : 0;
        }
        CHECK((failures >= 3 || ferrotunnel::test::allocations_so_far() == 0));
    }
}
