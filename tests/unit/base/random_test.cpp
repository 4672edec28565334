#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "support/seeded_random.hpp"

namespace ferrotunnel {
namespace {

// Fills with 0, 1, 2, ...
class Counting final : public Random {
public:
    void fill(MutableBytes out) override {
        for (std::uint8_t& byte : out) {
            byte = next_++;
        }
    }

private:
    std::uint8_t next_ = 0;
};

TEST_CASE("next takes eight bytes, and below their remainder", "[random]") {
    Counting random;
    REQUIRE(random.next() == 0x0001'0203'0405'0607);
    REQUIRE(random.below(0x100) == 0x0f);
    REQUIRE(random.below(1) == 0);
    REQUIRE(random.below(0) == 0);
}

TEST_CASE("a seed gives the same sequence on every machine", "[random]") {
    test::SeededRandom random(42);
    REQUIRE(random.next() == 0x9f68'7644'4f4d'76d0);
    REQUIRE(random.next() == 0x9137'6f57'7441'9e51);
}

TEST_CASE("seeds give different sequences", "[random]") {
    std::set<std::uint64_t> firsts;
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
        firsts.insert(test::SeededRandom(seed).next());
    }
    REQUIRE(firsts.size() == 1'000);
}

TEST_CASE("a seeded random keeps within its bounds and reaches them", "[random]") {
    test::SeededRandom random(1);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1'000; ++i) {
        seen.insert(random.between(3, 7));
    }
    REQUIRE(seen == std::set<std::uint64_t>{3, 4, 5, 6, 7});
    REQUIRE_FALSE(random.chance(0));
    REQUIRE(random.chance(100));
}

TEST_CASE("a seeded random fills any length", "[random]") {
    auto length = GENERATE(as<std::size_t>{}, 0, 1, 7, 8, 9, 100);
    test::SeededRandom random(5);
    std::vector<std::uint8_t> whole(length + 1, 0);
    random.fill({whole.data(), length});
    REQUIRE(whole[length] == 0);
    if (length == 100) {
        REQUIRE(std::set<std::uint8_t>(whole.begin(), whole.end()).size() > 50);
    }
}

}  // namespace
}  // namespace ferrotunnel
