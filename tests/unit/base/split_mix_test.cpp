#include "base/split_mix.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;

// The first outputs of the reference code (Vigna, splitmix64.c) for the state 1234567.
TEST_CASE("splitmix64: the reference's numbers") {
    std::uint64_t state = 1'234'567;
    CHECK(split_mix(state += split_mix_step) == 6'457'827'717'110'365'317U);
    CHECK(split_mix(state += split_mix_step) == 3'203'168'211'198'807'973U);
    CHECK(split_mix(state += split_mix_step) == 9'817'491'932'198'370'423U);
}
