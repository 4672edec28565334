#include "base/units.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel {
namespace {

static_assert(1_KiB == 1024);
static_assert(64_KiB == 65'536);
static_assert(1_MiB == 1'048'576);
static_assert(4096_MiB == 1ULL << 32, "beyond 32 bits");

TEST_CASE("byte counts read as they are written", "[units]") {
    REQUIRE(2_MiB == 2048_KiB);
}

}  // namespace
}  // namespace ferrotunnel
