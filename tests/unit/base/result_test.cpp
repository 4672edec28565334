#include "base/result.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

namespace ferrotunnel {
namespace {

enum class Problem { none, busy };

TEST_CASE("a result holds a value", "[result]") {
    Result<std::string, Problem> result(std::string("text"));
    REQUIRE(result);
    REQUIRE(result.value() == "text");
    REQUIRE(*result == "text");
    REQUIRE(result->size() == 4);
    *result += "!";
    const auto& same = result;
    REQUIRE(same.value() == "text!");
    REQUIRE(*same == "text!");
    REQUIRE(same->size() == 5);
}

TEST_CASE("a result holds an error", "[result]") {
    Result<std::string, Problem> result(Problem::busy);
    REQUIRE_FALSE(result);
    REQUIRE(result.error() == Problem::busy);
}

TEST_CASE("a result may hold what can only be moved", "[result]") {
    Result<std::unique_ptr<int>, std::string> result(std::make_unique<int>(7));
    std::unique_ptr<int> taken = std::move(*result);
    REQUIRE(*taken == 7);
}

TEST_CASE("asking a result for what it does not hold is a bug", "[result]") {
    set_abort_on_bug(false);
    Result<int, Problem> good(7);
    Result<int, Problem> bad(Problem::busy);
    REQUIRE_THROWS_AS(good.error(), BugError);
    REQUIRE_THROWS_AS(bad.value(), BugError);
    REQUIRE_THROWS_AS(std::as_const(bad).value(), BugError);
    REQUIRE_THROWS_AS(*bad, BugError);
#ifndef NDEBUG
    set_abort_on_bug(true);
#endif
}

}  // namespace
}  // namespace ferrotunnel
