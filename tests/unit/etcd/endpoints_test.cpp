#include "etcd/endpoints.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "etcd/limits.hpp"

namespace ferrotunnel::etcd {
namespace {

class CountingRandom final : public Random {
public:
    void fill(MutableBytes out) override {
        for (auto& byte : out) {
            byte = 0;
        }
        out.back() = last_++;
    }

private:
    std::uint8_t last_ = 0;
};

constexpr TimePoint start{std::chrono::hours(1)};

TEST_CASE("the endpoint that has answered last goes first", "[etcd]") {
    CountingRandom random;
    Endpoints endpoints(3, random);
    CHECK(endpoints.choose(0, start) == 0U);
    endpoints.succeeded(1);
    CHECK(endpoints.choose(0, start) == 1U);
    CHECK(endpoints.choose(0b010, start) == 2U);
    CHECK(endpoints.choose(0b110, start) == 0U);
    CHECK_FALSE(endpoints.choose(0b111, start));
}

TEST_CASE("servers begin with different endpoints", "[etcd]") {
    CountingRandom random;
    std::set<std::size_t> first;
    for (int i = 0; i < 10; ++i) {
        first.insert(*Endpoints(3, random).choose(0, start));
    }
    CHECK(first.size() == 3);
}

TEST_CASE("an endpoint that has failed is avoided for a while", "[etcd]") {
    CountingRandom random;
    Endpoints endpoints(2, random);
    endpoints.failed(0, start);
    CHECK(endpoints.choose(0, start) == 1U);
    endpoints.failed(1, start + std::chrono::seconds(1));
    CHECK(endpoints.choose(0, start + std::chrono::seconds(1)) == 0U);  // the one that is usable first
    CHECK(endpoints.choose(0b01, start + std::chrono::seconds(1)) == 1U);
    CHECK(endpoints.choose(0, start + 2 * limits::avoided_for) == 0U);
}

TEST_CASE("up to 16 endpoints", "[etcd][limits]") {
    CountingRandom random;
    Endpoints endpoints(limits::endpoints_max, random);
    EndpointSet tried = 0;
    for (std::size_t i = 0; i < limits::endpoints_max; ++i) {
        const auto next = endpoints.choose(tried, start);
        REQUIRE(next);
        tried |= EndpointSet{1} << *next;
    }
    CHECK_FALSE(endpoints.choose(tried, start));
}

}  // namespace
}  // namespace ferrotunnel::etcd
