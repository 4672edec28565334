// What `ferrotunnel acme renew --wait` prints, and when it ends.
#include "cli/order_wait.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace ferrotunnel::cli;

namespace {

using Lines = std::vector<std::string>;

// An answer with one name.
Json answer_of(const std::string& members) {
    return Json::parse(R"({"names": [{"name": "a.test", )" + members + "}]}");
}

}  // namespace

TEST_CASE("an order ends well with its certificate") {
    OrderWait wait(answer_of(R"("state": "waiting", "attempts": 2, "next": 9, "problem": "no")"));
    CHECK(wait.update(answer_of(R"("state": "waiting", "attempts": 2, "next": 9, "problem": "no")"), 0) ==
          Lines{"a.test: waits for its order to start"});
    CHECK(wait.update(answer_of(R"("state": "ordering", "attempts": 2)"), 1) == Lines{"a.test: is being ordered"});
    CHECK(wait.update(answer_of(R"("state": "ordering", "attempts": 2)"), 2).empty());
    CHECK_FALSE(wait.has_ended());
    CHECK(wait.update(answer_of(R"("state": "valid", "attempts": 3, "certificate_authority": "ca.test", "expires": 1)"),
                      3) == Lines{"a.test: has a certificate of ca.test, which expires EXPIRED"});
    CHECK(wait.has_ended());
    CHECK_FALSE(wait.has_failed());
}

TEST_CASE("an order that fails is a failure with its reason") {
    OrderWait wait(answer_of(R"("state": "valid", "next": 9)"));
    CHECK(wait.update(answer_of(R"("state": "waiting", "attempts": 1, "next": 9, "problem": "no route")"), 1) ==
          Lines{"a.test: no route (next attempt now)"});
    CHECK(wait.has_ended());
    CHECK(wait.has_failed());
}

TEST_CASE("an order after the one at the staging CA is waited for, too") {
    OrderWait wait(answer_of(R"("state": "waiting", "attempts": 1, "next": 9, "problem": "no", "staging": true)"));
    (void)wait.update(answer_of(R"("state": "ordering", "attempts": 1)"), 1);
    (void)wait.update(answer_of(R"("state": "waiting", "attempts": 1, "next": 9, "problem": "no")"), 2);
    CHECK_FALSE(wait.has_ended());
}

TEST_CASE("a name that is not ordered ends the wait after a moment") {
    OrderWait covered(answer_of(R"("state": "valid")"));
    (void)covered.update(answer_of(R"("state": "valid")"), 1);
    CHECK_FALSE(covered.has_ended());
    CHECK(covered.update(answer_of(R"("state": "valid")"), 6).size() == 1);
    CHECK(covered.has_ended());
    CHECK_FALSE(covered.has_failed());

    OrderWait gone(answer_of(R"("state": "waiting", "next": 9)"));
    CHECK(gone.update(Json::object(), 1) == Lines{"a.test: needs no certificate of its own any more"});
    CHECK(gone.has_ended());
    CHECK(OrderWait(Json::object()).has_ended());
}
