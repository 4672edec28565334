#include "buffer/park_flag.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel::buffer {
namespace {

const auto is_ready = [] { return true; };
const auto is_not_ready = [] { return false; };

TEST_CASE("a parked waiter is woken by only one change", "[park_flag]") {
    ParkFlag flag;
    CHECK_FALSE(flag.unpark());
    REQUIRE(flag.park(is_not_ready));
    CHECK(flag.unpark());
    CHECK_FALSE(flag.unpark());
}

TEST_CASE("a waiter that finds what it waits for does not park", "[park_flag]") {
    ParkFlag flag;
    REQUIRE_FALSE(flag.park(is_ready));
    CHECK_FALSE(flag.unpark());
}

TEST_CASE("a change that is not enough leaves the waiter parked", "[park_flag]") {
    ParkFlag flag;
    CHECK_FALSE(flag.unpark_if(is_ready));
    REQUIRE(flag.park(is_not_ready));
    CHECK_FALSE(flag.unpark_if(is_not_ready));
    CHECK(flag.unpark_if(is_ready));
    CHECK_FALSE(flag.unpark_if(is_ready));
}

TEST_CASE("a count notifies at its mark and beyond", "[park_flag]") {
    MarkedCount count;
    REQUIRE(count.set_mark(10));
    CHECK_FALSE(count.add(9));
    CHECK(count.add(1));
    CHECK(count.add(1));
    CHECK(count.count() == 11);
    CHECK(count.recent() == 11);
    CHECK_FALSE(count.set_mark(11));
    REQUIRE(count.set_mark(12));
    CHECK_FALSE(count.add(0));
}

}  // namespace
}  // namespace ferrotunnel::buffer
