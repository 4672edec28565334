#include "base/fnv.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;

// The reference's numbers (Noll, test_fnv.c).
TEST_CASE("fnv1a: the reference's numbers") {
    CHECK(fnv1a({}) == 0xcbf2'9ce4'8422'2325U);
    CHECK(fnv1a(as_bytes("a")) == 0xaf63'dc4c'8601'ec8cU);
    CHECK(fnv1a(as_bytes("foobar")) == 0x8594'4171'f739'67e8U);
    CHECK(fnv1a(as_bytes("bar"), fnv1a(as_bytes("foo"))) == fnv1a(as_bytes("foobar")));
}
