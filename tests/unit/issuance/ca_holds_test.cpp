#include "issuance/ca_holds.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "acme/limits.hpp"
#include "issuance/limits.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::issuance {
namespace {

using Kind = acme::Problem::Kind;
using std::chrono::hours;
using std::chrono::minutes;

constexpr const char* one_ca = "https://ca.example.test/dir";
constexpr CaHolds::WallTime begin{std::chrono::seconds(1'800'000'000)};

acme::Problem problem_of(Kind kind, std::optional<std::chrono::seconds> retry_after = {}) {
    return {kind, {}, "because", retry_after};
}

TEST_CASE("a CA that is down, limits or refuses the account is held, and no other one", "[issuance]") {
    test::SeededRandom random(1);
    CaHolds holds(random);
    const Kind kind = GENERATE(Kind::unreachable, Kind::limited, Kind::account);
    holds.failed(one_ca, problem_of(kind), begin);
    CHECK(holds.held_until(one_ca, begin) >= begin + minutes(1));
    CHECK_FALSE(holds.held_until(one_ca, begin + minutes(2)));
    CHECK(holds.problem(one_ca) == "because");
    CHECK_FALSE(holds.held_until("https://other.example.test/dir", begin));
}

TEST_CASE("what concerns one name holds no CA", "[issuance]") {
    test::SeededRandom random(1);
    CaHolds holds(random);
    const Kind kind = GENERATE(Kind::overdue, Kind::validation, Kind::refused, Kind::wrong_chain, Kind::local);
    holds.failed(one_ca, problem_of(kind), begin);
    CHECK_FALSE(holds.held_until(one_ca, begin));
}

TEST_CASE("a hold is as long as the CA wants, up to a day, and a limit's for a quarter of an hour", "[issuance]") {
    test::SeededRandom random(1);
    CaHolds holds(random);
    holds.failed(one_ca, problem_of(Kind::unreachable, hours(24 * 365)), begin);
    CHECK(holds.held_until(one_ca, begin) == begin + acme::limits::retry_after_max);
    holds.clear();
    holds.failed(one_ca, problem_of(Kind::limited, hours(24 * 365)), begin);
    CHECK(holds.held_until(one_ca, begin) == begin + limits::limited_hold_max);
}

TEST_CASE("orders that fail at once are one failure, later ones hold for longer, and a success ends it", "[issuance]") {
    test::SeededRandom random(1);
    CaHolds holds(random);
    for (int i = 0; i < 10; ++i) {
        holds.failed(one_ca, problem_of(Kind::unreachable), begin);
    }
    CHECK_FALSE(holds.held_until(one_ca, begin + minutes(2)));
    holds.failed(one_ca, problem_of(Kind::unreachable), begin + minutes(2));
    CHECK(holds.held_until(one_ca, begin + minutes(2)) >= begin + minutes(4));
    holds.worked(one_ca);
    CHECK_FALSE(holds.held_until(one_ca, begin + minutes(2)));
}

}  // namespace
}  // namespace ferrotunnel::issuance
