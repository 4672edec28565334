#include "base/permits.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <vector>

namespace ferrotunnel {
namespace {

TEST_CASE("permits are bounded, and one that is dropped can be acquired again", "[permits]") {
    std::optional<Permits> permits(2);
    std::vector<PermitPtr> held{permits->acquire(), permits->acquire()};
    REQUIRE(held[0]);
    REQUIRE(held[1]);
    CHECK_FALSE(permits->acquire());
    CHECK_FALSE(permits->acquire());  // a refusal counts nothing
    const PermitPtr copy = held[0];
    held[0].reset();
    CHECK_FALSE(permits->acquire());  // the copy counts
    held[1].reset();
    held[1] = permits->acquire();
    CHECK(held[1]);
    permits.reset();  // permits outlive it
}

TEST_CASE("no permit is ever given where none may be", "[permits]") {
    CHECK_FALSE(Permits(0).acquire());
}

}  // namespace
}  // namespace ferrotunnel
