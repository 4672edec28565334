// Bounds of shared values, members that lie, and the property that the order of delivery does not matter.
#include <algorithm>
#include <tuple>

#include "support/seeded_random.hpp"
#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

std::string nth_key(std::size_t number) {
    return "k/" + std::to_string(number);
}

Value nth_value(const Cluster& cluster, std::size_t number, const char* member, std::size_t size = 1) {
    return {nth_key(number), cluster.wall(), member, std::string(size, 'x')};
}

}  // namespace

TEST_CASE("limit: shared values: key and text") {
    Cluster cluster({"a"});
    CHECK(cluster.set(a, std::string(limits::value_key_max, 'k'), std::string(limits::value_text_max, '\0')));
    CHECK_FALSE(cluster.set(a, std::string(limits::value_key_max + 1, 'k'), "x"));
    CHECK_FALSE(cluster.set(a, "k", std::string(limits::value_text_max + 1, 'x')));
    CHECK_FALSE(cluster.set(a, "", "x"));
    CHECK_FALSE(cluster.set(a, "a\nb", "x"));
    CHECK_FALSE(cluster.set(a, "a\xff", "x"));
    CHECK_FALSE(cluster.remove(a, ""));
    CHECK(cluster.take<ValueChanged>(a).size() == 1);
    CHECK(limits::value_text_max == 12 * 1024);
    CHECK(limits::values_max == 16'384);
    CHECK(limits::values_bytes_max == 32 * 1024 * 1024);
}

TEST_CASE("limit: shared values: the number of those that this member has set") {
    Cluster cluster = Cluster::without_links({"a", "b"});
    for (std::size_t i = 0; i < limits::values_max; ++i) {
        REQUIRE(cluster.set(a, nth_key(i), "x"));
    }
    CHECK_FALSE(cluster.set(a, "more", "x"));
    CHECK_FALSE(cluster.remove(a, "unknown"));
    CHECK(cluster.set(a, nth_key(0), "another"));
    cluster.wait(1s);
    REQUIRE(cluster.remove(a, nth_key(0)));
    REQUIRE(cluster.remove(a, nth_key(1)));
    // The oldest removed one makes room.
    CHECK(cluster.set(a, "more", "x"));
    CHECK(cluster.set(a, nth_key(1), "x"));
    CHECK_FALSE(cluster.set(a, "still more", "x"));
    CHECK(cluster[a].values().size() == limits::values_max);
    // Those of another member have room of their own.
    cluster.link_all();
    cluster.settle();
    CHECK(cluster.set(b, "still more", "x"));
    cluster.settle();
    CHECK(cluster.value(a, "still more") == "x");
    CHECK(cluster.value(b, "more") == "x");
}

TEST_CASE("limit: shared values: the memory of those that this member has set") {
    Cluster cluster = Cluster::without_links({"a", "b"});
    const std::string text(limits::value_text_max, 'x');
    std::size_t count = 0;
    while (cluster.set(a, nth_key(count), text)) {
        ++count;
    }
    const std::size_t size = limits::value_text_max + limits::value_overhead;
    CHECK(count <= limits::values_bytes_max / size);
    CHECK(count >= limits::values_bytes_max / (size + limits::value_key_max));
    CHECK_FALSE(cluster.set(a, "small", text));
    CHECK(cluster.set(a, nth_key(0), "less"));
    CHECK(cluster.set(a, "small", std::string(limits::value_text_max - 1'000, 'x')));
    // A removed one has no text.
    CHECK(cluster.remove(a, nth_key(1)));
    CHECK(cluster.set(a, "large", std::string(limits::value_text_max - 1'000, 'x')));
}

TEST_CASE("limit: shared values: a member that lies has a bound") {
    Cluster cluster({"a", "b", "c"});
    SECTION("in its own name") {
        for (std::size_t i = 0; i < limits::values_of_other_max + 10; ++i) {
            cluster.receive(b, a, nth_value(cluster, i, "b"));
        }
        CHECK(cluster[a].values().size() == limits::values_of_other_max);
        CHECK(cluster[a].is_linked(b));
    }
    SECTION("in the names of others") {
        for (const char* name : {"c", "stranger", "another"}) {
            for (std::size_t i = 0; i < limits::values_of_other_max + 10; ++i) {
                Value value = nth_value(cluster, i, name);
                value.key += name[0] == 'c' ? "of c" : name;
                cluster.receive(b, a, value);
            }
        }
        // Those who are not in the list share one bound.
        CHECK(cluster[a].values().size() == 2 * limits::values_of_other_max);
        CHECK(cluster.set(a, "own", "x"));
    }
    SECTION("with large ones") {
        for (std::size_t i = 0; i < 2 * limits::values_of_other_bytes_max / limits::value_text_max; ++i) {
            cluster.receive(b, a, nth_value(cluster, i, "b", limits::value_text_max));
        }
        CHECK(cluster[a].values().size() * limits::value_text_max <= limits::values_of_other_bytes_max);
        CHECK(cluster[a].values().size() * limits::value_text_max >= limits::values_of_other_bytes_max * 9 / 10);
    }
    SECTION("with removed ones") {
        for (std::size_t i = 0; i < limits::values_of_other_max + 10; ++i) {
            cluster.receive(b, a, Value{nth_key(i), cluster.wall(), "b"});
        }
        CHECK(cluster[a].values().size() == limits::values_of_other_max);
    }
}

TEST_CASE("limit: shared values: a clock that is more than a day ahead") {
    Cluster cluster = three();
    const Since day = 86'400'000;
    cluster.receive(b, a, Value{"k", cluster.wall() + day, "b", "x"});
    CHECK(cluster.value(a, "k") == "x");
    cluster.receive(b, a, Value{"k", cluster.wall() + day + 1, "c", "passed on"});
    CHECK(cluster.value(a, "k") == "x");
    CHECK(cluster[a].is_linked(b));
    cluster.receive(b, a, Value{"k", cluster.wall() + day + 1, "b", "its own"});
    CHECK(cluster.value(a, "k") == "x");
    const auto refused = cluster.take<LinkRefused>(a);
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().why == "its clock is more than a day ahead");
}

TEST_CASE("shared values: a time at the edge of a day reaches members whose clocks are behind, and ends no link") {
    Cluster cluster = three();
    const Since day = 86'400'000;
    cluster.set_clock_back(c, 59min);
    // b lies; a accepts it, c would not.
    cluster.receive(b, a, Value{"k", cluster.wall() + day, "b", "of the liar"});
    SECTION("passed on") {
        cluster.settle();
        CHECK(cluster.value(a, "k") == "of the liar");
        CHECK(cluster.value(c, "k").empty());
        cluster.pass(1h);
        CHECK(cluster.value(c, "k") == "of the liar");
    }
    SECTION("changed") {
        REQUIRE(cluster.set(a, "k", "after it"));
        cluster.settle();
        CHECK(cluster.value(a, "k") == "after it");
        cluster.pass(1h + 1ms);
        CHECK(cluster.value(b, "k") == "after it");
        CHECK(cluster.value(c, "k") == "after it");
    }
    SECTION("changed to an earlier time, then removed, and ended") {
        cluster.receive(b, a, Value{"k", cluster.wall() + day, "c", "later by its member"});
        REQUIRE(cluster.remove(a, "k"));
        cluster.pass(2h);
        CHECK(cluster.value(c, "k").empty());
        CHECK(cluster[c].values().size() == 1);
        cluster.pass(25h);
        CHECK(cluster[a].values().size() == 0);
    }
    CHECK(cluster[a].is_linked(c));
    CHECK(cluster[c].is_linked(a));
    CHECK(cluster.take<LinkRefused>(c).empty());
}

// Changes of some keys by some members, with equal times and texts, as a liar would send them: members that have heard
// all of them have the same map, in whatever order, from whomever, and however often they heard of each.
TEST_CASE("shared values, property: any order of delivery gives the same map") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        test::SeededRandom random(seed);
        Cluster cluster = three();
        std::vector<Value> values;
        for (std::size_t i = 0; i < 30; ++i) {
            Value value{"k" + std::to_string(random.below(4)), cluster.wall() + random.below(6),
                        std::string(1, static_cast<char>('b' + random.below(3)))};
            if (random.chance(70)) {
                value.text = std::string(1, static_cast<char>('x' + random.below(3)));
            }
            values.push_back(std::move(value));
        }
        using Map = std::vector<std::tuple<std::string, std::string, std::string>>;
        const auto heard = [&] {
            for (std::size_t i = values.size() - 1; i > 0; --i) {
                std::swap(values[i], values[random.below(i + 1)]);
            }
            Cluster fresh({"a", "b", "c", "d"});
            for (const Value& value : values) {
                fresh.receive(random.chance(50) ? b : c, a, value);
                if (random.chance(30)) {
                    fresh.receive(random.chance(50) ? b : c, a, values[random.below(values.size())]);
                }
            }
            Map map;
            fresh[a].values().for_each("", [&](const std::string& key, const SharedValues::Present& present) {
                map.emplace_back(key, present.text, present.member);
            });
            fresh.settle();  // and a member that has said nothing learns the same
            constexpr MemberIndex d = 3;
            Map neighbour;
            fresh[d].values().for_each("", [&](const std::string& key, const SharedValues::Present& present) {
                neighbour.emplace_back(key, present.text, present.member);
            });
            CHECK(neighbour == map);
            return map;
        };
        const Map first = heard();
        CHECK(heard() == first);
        CHECK(heard() == first);
    }
}

}  // namespace ferrotunnel::cluster::fixture
