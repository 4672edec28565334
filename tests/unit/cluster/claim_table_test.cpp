// What every member has: entries, reservations, syncs and bounds.
#include "cluster/claim_table.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <new>
#include <set>
#include <utility>
#include <vector>

#include "cluster/limits.hpp"
#include "support/count_allocations.hpp"
#include "support/seeded_random.hpp"
#include "unit/cluster/bugs_throw.hpp"
#include "unit/cluster/table_values.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;
using namespace ferrotunnel::test;
using namespace std::chrono_literals;
using TableAdded = ClaimTable::Added;
using TableEntry = ClaimTable::Entry;

namespace {

const Name path_one = table_path("app.example", 1);
const Name path_two = table_path("app.example", 2);
const Name public_port = Name::of_port(2222, false);

std::set<Name> names_of(const ClaimTable& table, MemberIndex member) {
    std::set<Name> names;
    table.for_each(member, [&](const Claim& claim) { names.insert(claim.name); });
    return names;
}

std::set<Name> as_set(const std::vector<Claim>& claims) {
    std::set<Name> set;
    for (const Claim& claim : claims) {
        CHECK(set.insert(claim.name).second);
    }
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
    table.for_each_of_root(path_one, [](const TableEntry&) { FAIL(); });
    CHECK(table.visit_entries(0, 10, [](const TableEntry&) { return true; }) == 0);
    CHECK(table.visit_reservations(0, 10, table_start, [](const Reservation&) { return true; }) == 0);
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
    CHECK(table.add(2, {path_one, table_owner(1, 5), 30}) == TableAdded::added);
    CHECK(table.add(0, {path_one, table_owner(1, 6), 20}) == TableAdded::added);
    CHECK(table.add(0, {public_port, table_owner(2), 10}) == TableAdded::added);
    CHECK(table.entries(path_one) ==
          std::vector<TableEntry>{{{path_one, table_owner(1, 6), 20}, 0}, {{path_one, table_owner(1, 5), 30}, 2}});
    CHECK(table.entry(2, path_one) == TableEntry{{path_one, table_owner(1, 5), 30}, 2});
    CHECK_FALSE(table.entry(1, path_one));
    CHECK(table.entries(path_two).empty());
    CHECK(names_of(table, 0) == std::set<Name>{path_one, public_port});
    CHECK(names_of(table, 2) == std::set<Name>{path_one});
    CHECK(table.size(0) == 2);
    CHECK(table.size(1) == 0);
    CHECK(table.latest() == 30);

    CHECK(table.remove(0, path_one, table_start, table_start));
    CHECK_FALSE(table.remove(0, path_one, table_start, table_start));
    CHECK(table.entries(path_one) == std::vector<TableEntry>{{{path_one, table_owner(1, 5), 30}, 2}});
    CHECK(table.latest() == 30);
}

TEST_CASE("cluster table: an entry is changed, not added again") {
    ClaimTable table(2, table_seed);
    CHECK(table.add(1, {path_one, table_owner(1), 30}) == TableAdded::added);
    CHECK(table.add(1, {path_one, table_owner(1), 30}) == TableAdded::same);
    CHECK(table.add(1, {path_one, table_owner(1), 40}) == TableAdded::changed);
    CHECK(table.add(1, {path_one, table_owner(1, 2), 40}) == TableAdded::changed);
    CHECK(table.add(1, {path_one, table_owner(3), 40}, false) == TableAdded::changed);
    CHECK(table.add(1, {path_one, table_owner(3), 40}) == TableAdded::changed);
    CHECK(table.add(1, {path_one, table_owner(3), 40, 1, 2, true, Readiness::draining}) == TableAdded::changed);
    CHECK(table.entry(1, path_one)->claim == Claim{path_one, table_owner(3), 40, 1, 2, true, Readiness::draining});
    CHECK(table.add(1, {path_one, table_owner(3), 40}) == TableAdded::changed);
    CHECK(table.entries(path_one) == std::vector<TableEntry>{{{path_one, table_owner(3), 40}, 1}});
    CHECK(table.token_of_root(path_one, table_start) == table_token(3));
    CHECK(table.size(1) == 1);
    CHECK(table.latest() == 40);
}

TEST_CASE("cluster table: a root has the token of its oldest entry") {
    ClaimTable table(3, table_seed);
    table.add(1, {path_one, table_owner(1), 20});
    CHECK(table.token_of_root(table_path("app.example", 9), table_start) == table_token(1));
    CHECK_FALSE(table.token_of_root(table_path("b.app.example", 1), table_start));
    CHECK_FALSE(table.token_of_root(public_port, table_start));
    table.add(2, {path_two, table_owner(2), 10});
    CHECK(table.token_of_root(path_one, table_start) == table_token(2));
    table.add(0, {path_one, table_owner(3), 10});  // equally old: the smaller member's
    CHECK(table.token_of_root(path_one, table_start) == table_token(3));
    table.add(0, {path_one, table_owner(3), 21});
    CHECK(table.token_of_root(path_one, table_start) == table_token(2));
    table.add(2, {path_two, table_owner(2), 10, 0, 0, true});  // a provisional one is after all others
    CHECK(table.token_of_root(path_one, table_start) == table_token(1));
    table.add(2, {path_two, table_owner(2), 10});
    CHECK(table.token_of_root(path_one, table_start) == table_token(2));
    table.remove(2, path_two, table_start, table_start);
    CHECK(table.token_of_root(path_one, table_start) == table_token(1));
}

TEST_CASE("cluster table: a name that nobody has any more is reserved") {
    ClaimTable table(2, table_seed);
    table.add(0, {path_one, table_owner(1), 1});
    table.add(1, {path_one, table_owner(1, 2), 1});
    CHECK(table.remove(0, path_one, table_start + 10s, table_start));
    CHECK_FALSE(table.reservation(path_one, table_start));  // the other member has it
    CHECK(table.remove(1, path_one, table_start + 20s, table_start));
    const auto reservation = table.reservation(path_one, table_start);
    REQUIRE(reservation);
    CHECK(reservation->name == path_one);
    CHECK(reservation->token == table_token(1));
    CHECK(reservation->until == table_start + 20s);
    CHECK(table.token_of_root(path_two, table_start + 20s - 1ns) == table_token(1));
    CHECK_FALSE(table.token_of_root(path_two, table_start + 20s));
    CHECK_FALSE(table.reservation(path_two, table_start));

    table.add(0, {path_two, table_owner(2), 1});  // what somebody has counts more than what is reserved
    CHECK(table.token_of_root(path_one, table_start) == table_token(2));
    table.add(0, {path_one, table_owner(3), 2});
    CHECK_FALSE(table.reservation(path_one, table_start));
    CHECK(table.remove(0, path_one, table_start, table_start));
    CHECK(table.reservations() == 0);
}

TEST_CASE("cluster table: reservations that are reported") {
    ClaimTable table(2, table_seed);
    table.add(1, {public_port, table_owner(1), 1});
    CHECK_FALSE(table.reserve(0, {public_port, table_token(1), table_start + 10s}, table_start));  // somebody has it
    CHECK_FALSE(table.reserve(0, {path_one, table_token(1), table_start}, table_start));
    CHECK(table.reserve(0, {path_one, table_token(1), table_start + 10s}, table_start));
    CHECK_FALSE(table.reserve(0, {path_one, table_token(2), table_start + 20s}, table_start));
    CHECK(table.reserve(1, {path_two, table_token(1), never}, table_start));
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
    CHECK(table.end_sync(0, table_start).empty());
    table.add(0, {path_one, table_owner(1), 1});
    table.add(0, {path_two, table_owner(1), 1});
    table.add(1, {path_two, table_owner(1), 1});
    CHECK(table.end_sync(0, table_start).empty());  // no sync has begun
    CHECK(table.size(0) == 2);

    table.begin_sync(0);
    table.add(0, {path_one, table_owner(1), 1});
    table.add(0, {public_port, table_owner(1), 2});
    CHECK(table.size(0) == 3);
    CHECK(table.end_sync(0, table_start) == std::vector<Claim>{{path_two, table_owner(1), 1}});
    CHECK(names_of(table, 0) == std::set<Name>{path_one, public_port});
    CHECK(table.size(1) == 1);
    CHECK_FALSE(table.reservation(path_two, table_start));  // the other member has it

    table.begin_sync(0);
    table.add(0, {path_one, table_owner(1), 1});
    table.begin_sync(0);  // the link was lost meanwhile
    table.add(0, {public_port, table_owner(1), 2});
    CHECK(as_set(table.end_sync(0, table_start)) == std::set<Name>{path_one});
    CHECK(table.end_sync(0, table_start).empty());
    table.begin_sync(0);
    CHECK(as_set(table.end_sync(0, table_start)) == std::set<Name>{public_port});
    CHECK(table.size(0) == 0);
}

TEST_CASE("cluster table: hearsay of a member does not route, and is not what the member repeats") {
    ClaimTable table(2, table_seed);
    CHECK(table.add_hearsay(0, {path_one, table_owner(1), 1}));
    CHECK_FALSE(table.entry(0, path_one)->routes);
    CHECK(table.token_of_root(path_one, table_start) == table_token(1));
    CHECK_FALSE(table.add_hearsay(0, {path_one, table_owner(2), 2}));
    CHECK(table.entry(0, path_one)->claim.owner == table_owner(1));

    table.begin_sync(0);
    CHECK(table.add_hearsay(0, {path_two, table_owner(1), 1}));
    CHECK(table.add_hearsay(0, {public_port, table_owner(1), 1}));
    CHECK(table.add(0, {public_port, table_owner(1), 1}) == TableAdded::changed);
    CHECK(as_set(table.end_sync(0, table_start)) == std::set<Name>{path_one, path_two});
    CHECK_FALSE(table.add_hearsay(0, {public_port, table_owner(1), 1}));
    CHECK(table.entry(0, public_port)->routes);
}

TEST_CASE("cluster table: what a sync ends stays reserved, a host longer than a port") {
    ClaimTable table(2, table_seed);
    const Name udp_port = Name::of_port(53, true);
    const Name service = Name::of_service(table_token(1), "database");
    for (const Name& name : {path_one, public_port, udp_port, service}) {
        table.add(0, {name, table_owner(1), 1});
    }
    table.begin_sync(0);
    CHECK(table.end_sync(0, table_start).size() == 4);
    CHECK(table.reservation(path_one, table_start)->until == table_start + cluster::limits::host_reserved_for);
    CHECK(table.reservation(path_one, table_start)->token == table_token(1));
    CHECK(table.reservation(public_port, table_start)->until == table_start + cluster::limits::port_reserved_for);
    CHECK(table.reservation(udp_port, table_start)->until == table_start + cluster::limits::port_reserved_for);
    CHECK_FALSE(table.reservation(service, table_start));
}

TEST_CASE("cluster table: entries of a root, and everything in steps") {
    ClaimTable table(2, table_seed);
    table.add(0, {path_one, table_owner(1), 1});
    table.add(1, {path_one, table_owner(1), 1});
    table.add(1, {path_two, table_owner(1), 1}, false);
    table.add(0, {public_port, table_owner(2), 1});
    std::vector<std::pair<MemberIndex, Name>> of_root;
    table.for_each_of_root(table_path("app.example", 9), [&](const TableEntry& entry) {
        of_root.emplace_back(entry.member, entry.claim.name);
        CHECK(entry.routes == (entry.claim.name == path_one));
    });
    std::sort(of_root.begin(), of_root.end());
    CHECK(of_root == std::vector<std::pair<MemberIndex, Name>>{{0, path_one}, {1, path_one}, {1, path_two}});

    std::size_t visited = 0;
    const auto one_only = [&visited, calls = 0](const TableEntry&) mutable {
        ++visited;
        return ++calls == 1;
    };
    std::size_t position = table.visit_entries(0, 10, one_only);  // stops before the second one
    CHECK(visited == 2);
    visited = 0;
    position = table.visit_entries(position, 2, [&](const TableEntry&) { return ++visited > 0; });
    CHECK(visited == 2);
    CHECK(position != 0);
    CHECK(table.visit_entries(position, 2, [&](const TableEntry&) { return ++visited > 0; }) == 0);
    CHECK(visited == 3);

    position = table.visit_entries(0, 10, [](const TableEntry&) { return false; });
    CHECK(position != 0);  // before the first one, which is not the end
    visited = 0;
    CHECK(table.visit_entries(position, 10, [&](const TableEntry&) { return ++visited > 0; }) == 0);
    CHECK(visited == 4);
}

TEST_CASE("cluster table: what is there all the time is visited once, whatever changes between steps") {
    const auto seed = GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3});
    test::SeededRandom random(seed);
    ClaimTable table(1, seed);
    const auto name_of = [](std::uint64_t number) { return table_path("app.example", number); };
    for (std::uint64_t i = 0; i < 400; ++i) {
        table.add(0, {name_of(i), table_owner(1), 1});
        table.reserve(0, {table_path("reserved.example", i), table_token(1), table_start + 1s + (i % 2) * 1s},
                      table_start);
    }
    std::multiset<Name> visited;
    std::size_t position = 0;
    do {
        position = table.visit_entries(position, random.below(30), [&](const TableEntry& entry) {
            return random.chance(80) && visited.insert(entry.claim.name) != visited.end();
        });
        for (int change = 0; change < 20; ++change) {  // of odd numbers, and of new ones
            table.remove(0, name_of(random.below(200) * 2 + 1), table_start, table_start);
            table.add(0, {name_of(400 + random.below(1'000)), table_owner(1), 1});
        }
    } while (position != 0);
    for (std::uint64_t i = 0; i < 400; i += 2) {
        CHECK(visited.count(name_of(i)) == 1);
    }

    std::size_t reservations = 0;
    do {
        position = table.visit_reservations(position, 30, table_start + 1s, [&](const Reservation& one) {
            CHECK(one.until == table_start + 2s);
            return ++reservations > 0;
        });
    } while (position != 0);
    CHECK(reservations == 200);
}

TEST_CASE("cluster table: a member that has left the list has no entries") {
    ClaimTable table(2, table_seed);
    table.add(0, {path_one, table_owner(1), 1});
    table.add(0, {public_port, table_owner(2), 1});
    table.add(1, {path_one, table_owner(1), 1});
    table.begin_sync(0);
    CHECK(as_set(table.forget(0)) == std::set<Name>{path_one, public_port});
    CHECK(table.size(0) == 0);
    CHECK(table.entries(path_one) == std::vector<TableEntry>{{{path_one, table_owner(1), 1}, 1}});
    table.add(0, {public_port, table_owner(2), 1});
    CHECK(table.end_sync(0, table_start).empty());
    CHECK(table.size(0) == 1);
}

TEST_CASE("cluster table: members outside the list are bugs") {
    const test::BugsThrow throws;
    CHECK_THROWS_AS(ClaimTable(0, table_seed), BugError);
    CHECK_THROWS_AS(ClaimTable(cluster::limits::member_slots + 1, table_seed), BugError);
    ClaimTable table(cluster::limits::member_slots, table_seed);
    CHECK(table.add(cluster::limits::member_slots - 1, {path_one, table_owner(1), 1}) == TableAdded::added);
    CHECK_THROWS_AS(table.add(cluster::limits::member_slots, {path_one, table_owner(1), 1}), BugError);
    CHECK_THROWS_AS(table.reserve(cluster::limits::member_slots, {public_port, table_token(1), never}, table_start),
                    BugError);
    CHECK_THROWS_AS(table.size(cluster::limits::member_slots), BugError);
    CHECK(table.entries(path_one).size() == 1);
}

// A list of the root's names that is searched, or searched for the oldest, would take hours.
TEST_CASE("cluster table: a member has a bound of entries, which may all have one root", "[large]") {
    ClaimTable table(2, table_seed);
    std::uint64_t added = 0;
    std::uint64_t removed = 0;
    for (std::uint64_t i = 0; i < cluster::limits::claims_max; ++i) {
        added += table.add(0, {table_path("app.example", i), table_owner(i), i + 1}) == TableAdded::added ? 1 : 0;
    }
    CHECK(added == cluster::limits::claims_max);
    const Name more = table_path("app.example", cluster::limits::claims_max);
    CHECK(table.add(0, {more, table_owner(1), 1}) == TableAdded::full);
    CHECK_FALSE(table.add_hearsay(0, {more, table_owner(1), 1}));
    CHECK_FALSE(table.entry(0, more));
    CHECK(table.add(0, {table_path("app.example", 7), table_owner(9), 8}) == TableAdded::changed);
    CHECK(table.add(1, {more, table_owner(1), cluster::limits::claims_max + 1}) == TableAdded::added);
    for (std::uint64_t i = 0; i < cluster::limits::claims_max; ++i) {
        const bool is_oldest = table.token_of_root(more, table_start) == table_token(i == 7 ? 9 : i);
        removed += is_oldest && table.remove(0, table_path("app.example", i), table_start, table_start) ? 1 : 0;
    }
    CHECK(removed == cluster::limits::claims_max);
    CHECK(table.token_of_root(more, table_start) == table_token(1));
    CHECK(table.add(0, {more, table_owner(1), 1}) == TableAdded::added);
}

TEST_CASE("cluster table: a member has a bound of bytes", "[large]") {
    ClaimTable table(2, table_seed);
    const std::string path = "/" + std::string(cluster::limits::path_max - 10, 'p');
    const auto name_of = [&path](std::uint64_t number) {
        return Name::of_host("app.example", path + std::to_string(number));
    };
    const std::size_t before = table.memory();
    std::uint64_t added = 0;
    while (table.add(0, {name_of(added), table_owner(1), 1}) == TableAdded::added) {
        ++added;
    }
    CHECK(added < cluster::limits::claims_max);
    CHECK(table.size(0) == added);
    CHECK(table.memory() - before < cluster::limits::claims_bytes_max * 11 / 10);
    CHECK(table.memory() - before > cluster::limits::claims_bytes_max * 9 / 10);
    CHECK(table.add(0, {name_of(0), table_owner(2), 1}) == TableAdded::changed);
    CHECK(table.add(1, {name_of(added), table_owner(1), 1}) == TableAdded::added);
    CHECK(table.remove(0, name_of(0), table_start, table_start));
    CHECK(table.add(0, {name_of(added), table_owner(1), 1}) == TableAdded::added);
    CHECK(table.add(0, {name_of(added + 1), table_owner(1), 1}) == TableAdded::full);
}

TEST_CASE("cluster table: what a member gives up cannot fill the memory", "[large]") {
    ClaimTable table(2, table_seed);
    for (std::uint64_t i = 0; i <= cluster::limits::reservations_max; ++i) {
        table.add(0, {table_path("app.example", i), table_owner(1), 1});
        table.remove(0, table_path("app.example", i), table_start + 1h, table_start);
    }
    CHECK(table.reservations() == cluster::limits::reservations_max);
    CHECK_FALSE(table.reservation(table_path("app.example", cluster::limits::reservations_max), table_start));
    CHECK(table.reserve(1, {public_port, table_token(1), table_start + 1h}, table_start));
}

TEST_CASE("cluster table: 100,000 typical hosts take 140 bytes each at most", "[large]") {
    constexpr std::uint64_t hosts = 100'000;
    const std::int64_t before = test::bytes_held();
    ClaimTable table(3, table_seed);
    const std::size_t empty = table.memory();
    for (std::uint64_t i = 0; i < hosts; ++i) {
        const Name host = typical_host(i);
        table.add(1, {host, table_owner(i, i), i});
    }
    const auto held = static_cast<std::uint64_t>(test::bytes_held() - before);
    CAPTURE(held / hosts, table.memory() / hosts);
    CHECK(table.size(1) == hosts);
    if (held > 0) {  // not with sanitizers
        CHECK(held <= 140 * hosts);
        CHECK(table.memory() <= held);
        CHECK(table.memory() >= held * 4 / 5);
    }
    CHECK(table.forget(1).size() == hosts);
    CHECK(table.memory() == empty);
    if (held > 0) {
        CHECK(test::bytes_held() - before < 2'000);
    }
}

TEST_CASE("cluster table: without memory for an entry the table is unchanged") {
    // Each of them allocates: its text, and room in the pools at these numbers.
    for (std::uint64_t present : {std::uint64_t{0}, std::uint64_t{64}, std::uint64_t{128}}) {
        ClaimTable table(2, table_seed);
        for (std::uint64_t i = 0; i < present; ++i) {
            table.add(0, {typical_host(i), table_owner(1), 1});
        }
        const Claim claim{table_path(std::string(60, 'a') + ".example", 1), table_owner(2), 2};
        table.reserve(1, {claim.name, table_token(2), table_start + 1s}, table_start);
        bool has_failed = true;
        std::uint64_t failures = 0;
        while (has_failed) {
            test::fail_allocation(failures + 1);
            try {
                table.add(0, claim);
            } catch (const std::bad_alloc&) {
            }
            has_failed = test::fail_allocation(0);
            CHECK(table.size(0) == present + (has_failed ? 0 : 1));
            CHECK(table.entry(0, claim.name).has_value() != has_failed);
            CHECK(table.reservation(claim.name, table_start).has_value() == has_failed);
            CHECK(table.token_of_root(claim.name, table_start) == table_token(2));
            CHECK(names_of(table, 0).size() == table.size(0));
            failures += has_failed ? 1 : 0;
        }
        CHECK((failures >= 3 || test::allocations_so_far() == 0));
    }
}
