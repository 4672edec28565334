#include "acme/budget.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "acme/limits.hpp"

namespace ferrotunnel::acme {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime morning = WallTime(seconds(1'790'000'000));

TEST_CASE("orders of a token in a day", "[acme]") {
    Budget budget(2, 100);
    CHECK_FALSE(budget.take("a", "ca", morning));
    CHECK_FALSE(budget.take("a", "ca", morning + hours(1)));
    CHECK(budget.take("a", "ca", morning + hours(2)) == morning + hours(24));
    CHECK_FALSE(budget.take("b", "ca", morning + hours(2)));
    CHECK(budget.take("a", "ca", morning + hours(24) - seconds(1)) == morning + hours(24));
    CHECK_FALSE(budget.take("a", "ca", morning + hours(24)));
    CHECK(budget.take("a", "ca", morning + hours(24)) == morning + hours(25));
}

TEST_CASE("orders at a CA in three hours", "[acme]") {
    Budget budget(100, 2);
    CHECK_FALSE(budget.take("", "ca", morning));
    CHECK_FALSE(budget.take("a", "ca", morning + hours(1)));
    CHECK(budget.take("", "ca", morning + hours(2)) == morning + hours(3));
    CHECK_FALSE(budget.take("", "other", morning + hours(2)));
    CHECK_FALSE(budget.take("", "ca", morning + hours(3)));
}

TEST_CASE("the operator has no budget of a token", "[acme]") {
    Budget budget(0, 100);
    CHECK_FALSE(budget.take("", "ca", morning));
    CHECK(budget.take("a", "ca", morning) == morning + hours(24));
}

TEST_CASE("an order beyond a budget is not counted", "[acme]") {
    Budget budget(1, 2);
    CHECK_FALSE(budget.take("a", "ca", morning));
    for (int i = 0; i < 10; ++i) {
        CHECK(budget.take("a", "ca", morning));
    }
    CHECK_FALSE(budget.take("b", "ca", morning));  // the CA's budget had room
    CHECK(budget.take("c", "ca", morning) == morning + hours(3));
    CHECK_FALSE(budget.take("c", "other", morning));  // and the token's
}

TEST_CASE("another number of orders for each token", "[acme]") {
    Budget budget(3, 100);
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(budget.take("a", "ca", morning + hours(i)));
    }
    budget.set_per_token(1);
    CHECK(budget.take("a", "ca", morning + hours(3)) == morning + hours(26));
    budget.set_per_token(4);
    CHECK_FALSE(budget.take("a", "ca", morning + hours(3)));
}

TEST_CASE("budgets survive a restart", "[acme]") {
    Budget budget(2, 3);
    CHECK_FALSE(budget.take("a", "ca", morning));
    CHECK_FALSE(budget.take("a", "ca", morning + hours(1)));
    CHECK_FALSE(budget.take("\xff not text", "ca", morning + hours(1)));
    Budget other(2, 3);
    other.from_json(budget.to_json(), morning + hours(2));
    CHECK(other.take("a", "x", morning + hours(2)) == morning + hours(24));
    CHECK(other.take("", "ca", morning + hours(2)) == morning + hours(3));
    CHECK(other.to_json() == budget.to_json());
}

TEST_CASE("unreadable budgets are empty", "[acme]") {
    for (const char* text :
         {"", "null", "[]", "{", R"({"tokens":7,"cas":[]})", R"({"tokens":{"a":7,"b":["x",null,1.5]}})"}) {
        Budget budget(1, 1);
        CHECK_FALSE(budget.take("a", "ca", morning));
        budget.from_json(text, morning);
        CHECK_FALSE(budget.take("a", "ca", morning));
    }
}

TEST_CASE("times that are not in order, old or in the future", "[acme]") {
    Budget budget(2, 100);
    budget.from_json(R"({"tokens":{"a":[9223372036854775807,-9223372036854775808,18446744073709551615,1790000000,0]}})",
                     morning + hours(1));
    // One of them counts from now on, since it cannot be later.
    CHECK(budget.take("a", "ca", morning + hours(1)) == morning + hours(24));
    CHECK_FALSE(budget.take("a", "ca", morning + hours(24)));
    CHECK(budget.take("a", "ca", morning + hours(24)) == morning + hours(25));
}

TEST_CASE("a clock that is set back blocks no longer than a period", "[acme]") {
    Budget budget(1, 100);
    CHECK_FALSE(budget.take("a", "ca", morning + hours(24 * 365)));
    CHECK(budget.take("a", "ca", morning) == morning + hours(24));
    CHECK_FALSE(budget.take("a", "ca", morning + hours(24)));
}

TEST_CASE("tokens beyond the limit wait until one is forgotten", "[acme]") {
    Budget budget(5, 1'000'000);
    for (std::size_t i = 0; i < limits::budget_keys_max; ++i) {
        REQUIRE_FALSE(budget.take("token" + std::to_string(i), "ca", morning + seconds(i)));
    }
    const WallTime later = morning + hours(4);
    CHECK(budget.take("one more", "ca", later) == morning + hours(24));
    CHECK_FALSE(budget.take("token7", "ca", later));
    CHECK_FALSE(budget.take("one more", "ca", morning + hours(24)));
    CHECK(budget.take("another", "ca", morning + hours(24)) == morning + hours(24) + seconds(1));
}

TEST_CASE("a fifth of a CA's budget is for renewals and the operator", "[acme]") {
    Budget budget(100, 10);
    for (int i = 0; i < 8; ++i) {
        CHECK_FALSE(budget.take("a", "ca", morning));
    }
    CHECK(budget.take("a", "ca", morning) == morning + hours(3));
    CHECK_FALSE(budget.take({"a", "ca", {}, false}, morning));
    CHECK_FALSE(budget.take("", "ca", morning));
    CHECK(budget.take({"a", "ca", {}, false}, morning) == morning + hours(3));
}

TEST_CASE("renewals are not charged to the token", "[acme]") {
    Budget budget(1, 100);
    for (int i = 0; i < 5; ++i) {
        CHECK_FALSE(budget.take({"a", "ca", "example.com", false}, morning));
    }
    CHECK_FALSE(budget.take("a", "ca", morning));
}

TEST_CASE("new names below a domain in a week", "[acme]") {
    Budget budget(1'000, 1'000);
    const PlannedOrder order{"a", "ca", "example.com", true};
    for (std::size_t i = 0; i < limits::names_per_parent; ++i) {
        CHECK_FALSE(budget.take(order, morning));  // also if it fails
        CHECK_FALSE(budget.take(order, morning));
        budget.issued("ca", "example.com", morning + seconds(i));
    }
    CHECK(budget.take(order, morning + hours(1)) == morning + hours(7 * 24));
    Budget other(1'000, 1'000);
    other.from_json(budget.to_json(), morning + hours(1));
    CHECK(other.take(order, morning + hours(1)) == morning + hours(7 * 24));
    CHECK_FALSE(budget.take({"a", "ca", "example.org", true}, morning + hours(1)));
    CHECK_FALSE(budget.take({"a", "staging", "example.com", true}, morning + hours(1)));
    CHECK_FALSE(budget.take({"a", "ca", "example.com", false}, morning + hours(1)));
    CHECK_FALSE(budget.take({"", "ca", "example.com", true}, morning + hours(1)));
    CHECK_FALSE(budget.take(order, morning + hours(7 * 24)));
}

}  // namespace
}  // namespace ferrotunnel::acme
