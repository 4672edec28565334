#include "directory/offline_hosts.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

namespace {

constexpr TokenId one_token{1};
constexpr TokenId other_token{2};
constexpr TimePoint start{1h};

}  // namespace

TEST_CASE("away hosts: the oldest go when their time is over") {
    OfflineHosts offline;
    offline.add({start + 2s, one_token, "b.example", "/"});
    offline.add({start + 1s, other_token, "a.example", "/"});
    CHECK_FALSE(offline.take_since(start));
    auto taken = offline.take_since(start + 1s);
    REQUIRE(taken);
    CHECK(taken->host == "a.example");
    CHECK(taken->owner == other_token);
    CHECK_FALSE(offline.take_since(start + 1s));
    CHECK(offline.take_since(start + 9s)->host == "b.example");
    CHECK_FALSE(offline.take_since(start + 9s));
    CHECK(offline.size() == 0);
}

TEST_CASE("away hosts: when there are too many, the oldest of the token that has most goes") {
    OfflineHosts offline;
    offline.add({start, other_token, "oldest.example", "/"});
    for (int i = 1; i <= 3; ++i) {
        offline.add({start + 1s * i, one_token, "h" + std::to_string(i) + ".example", "/"});
    }
    CHECK_FALSE(offline.evict_surplus(4, other_token));
    CHECK(offline.evict_surplus(3, other_token)->host == "h1.example");
    CHECK(offline.evict_surplus(2, one_token)->host == "h2.example");
    CHECK(offline.size() == 2);
    SECTION("of those that have as many, the one that comes") {
        CHECK(offline.evict_surplus(1, one_token)->host == "h3.example");
        CHECK(offline.evict_surplus(0, one_token)->host == "oldest.example");
    }
    SECTION("the same the other way round") {
        CHECK(offline.evict_surplus(1, other_token)->host == "oldest.example");
        CHECK(offline.evict_surplus(0, other_token)->host == "h3.example");
    }
    CHECK_FALSE(offline.evict_surplus(0, other_token));
}

TEST_CASE("away hosts: one that was taken out counts no more, and twice the same one counts once") {
    OfflineHosts offline;
    offline.add({start, one_token, "a.example", "/"});
    offline.add({start, one_token, "a.example", "/"});
    offline.add({start, one_token, "a.example", "/api"});
    offline.add({start + 1s, other_token, "b.example", "/"});
    CHECK(offline.size() == 3);
    offline.remove({start, one_token, "a.example", "/"});
    offline.remove({start, one_token, "a.example", "/api"});
    offline.remove({start + 2s, other_token, "b.example", "/"});  // not there: it was added with another time
    CHECK(offline.size() == 1);
    CHECK(offline.evict_surplus(0, one_token)->host == "b.example");
}

TEST_CASE("assigned hosts: a service has one, and a host one service") {
    AssignedHosts assigned;
    CHECK(assigned.find(one_token, "web") == nullptr);
    assigned.remember(one_token, "web", "x.example");
    assigned.remember(other_token, "web", "y.example");
    REQUIRE(assigned.find(one_token, "web") != nullptr);
    CHECK(*assigned.find(one_token, "web") == "x.example");
    CHECK(*assigned.find(other_token, "web") == "y.example");
    assigned.remember(one_token, "web", "z.example");
    CHECK(*assigned.find(one_token, "web") == "z.example");
    assigned.forget("x.example");  // the service has given it up for the other one
    CHECK(*assigned.find(one_token, "web") == "z.example");
    assigned.remember(one_token, "api", "z.example");
    CHECK(assigned.find(one_token, "web") == nullptr);
    CHECK(*assigned.find(one_token, "api") == "z.example");
    assigned.forget("z.example");
    CHECK(assigned.find(one_token, "api") == nullptr);
    CHECK(*assigned.find(other_token, "web") == "y.example");
}
