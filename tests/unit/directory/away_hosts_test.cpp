#include "directory/away_hosts.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

namespace {

constexpr TokenId alice{1};
constexpr TokenId bob{2};
constexpr TimePoint start{1h};

}  // namespace

TEST_CASE("away hosts: the oldest go when their time is over") {
    AwayHosts away;
    away.add({start + 2s, alice, "b.example", "/"});
    away.add({start + 1s, bob, "a.example", "/"});
    CHECK_FALSE(away.take_since(start));
    auto taken = away.take_since(start + 1s);
    REQUIRE(taken);
    CHECK(taken->host == "a.example");
    CHECK(taken->owner == bob);
    CHECK_FALSE(away.take_since(start + 1s));
    CHECK(away.take_since(start + 9s)->host == "b.example");
    CHECK_FALSE(away.take_since(start + 9s));
    CHECK(away.size() == 0);
}

TEST_CASE("away hosts: when there are too many, the oldest of the token that has most goes") {
    AwayHosts away;
    away.add({start, bob, "oldest.example", "/"});
    for (int i = 1; i <= 3; ++i) {
        away.add({start + 1s * i, alice, "h" + std::to_string(i) + ".example", "/"});
    }
    CHECK_FALSE(away.take_surplus(4, bob));
    CHECK(away.take_surplus(3, bob)->host == "h1.example");
    CHECK(away.take_surplus(2, alice)->host == "h2.example");
    CHECK(away.size() == 2);
    SECTION("of those that have as many, the one that comes") {
        CHECK(away.take_surplus(1, alice)->host == "h3.example");
        CHECK(away.take_surplus(0, alice)->host == "oldest.example");
    }
    SECTION("the same the other way round") {
        CHECK(away.take_surplus(1, bob)->host == "oldest.example");
        CHECK(away.take_surplus(0, bob)->host == "h3.example");
    }
    CHECK_FALSE(away.take_surplus(0, bob));
}

TEST_CASE("away hosts: one that was taken out counts no more, and twice the same one counts once") {
    AwayHosts away;
    away.add({start, alice, "a.example", "/"});
    away.add({start, alice, "a.example", "/"});
    away.add({start, alice, "a.example", "/api"});
    away.add({start + 1s, bob, "b.example", "/"});
    CHECK(away.size() == 3);
    away.remove({start, alice, "a.example", "/"});
    away.remove({start, alice, "a.example", "/api"});
    away.remove({start + 2s, bob, "b.example", "/"});  // not there: it was added with another time
    CHECK(away.size() == 1);
    CHECK(away.take_surplus(0, alice)->host == "b.example");
}

TEST_CASE("assigned hosts: a service has one, and a host one service") {
    AssignedHosts assigned;
    CHECK(assigned.find(alice, "web") == nullptr);
    assigned.remember(alice, "web", "x.example");
    assigned.remember(bob, "web", "y.example");
    REQUIRE(assigned.find(alice, "web") != nullptr);
    CHECK(*assigned.find(alice, "web") == "x.example");
    CHECK(*assigned.find(bob, "web") == "y.example");
    assigned.remember(alice, "web", "z.example");
    CHECK(*assigned.find(alice, "web") == "z.example");
    assigned.forget("x.example");  // the service has given it up for the other one
    CHECK(*assigned.find(alice, "web") == "z.example");
    assigned.remember(alice, "api", "z.example");
    CHECK(assigned.find(alice, "web") == nullptr);
    CHECK(*assigned.find(alice, "api") == "z.example");
    assigned.forget("z.example");
    CHECK(assigned.find(alice, "api") == nullptr);
    CHECK(*assigned.find(bob, "web") == "y.example");
}
