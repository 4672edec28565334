#include "login/network_rate_limiter.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint arrival_time = TimePoint{} + 1h;

runtime::SocketAddress address_at(const std::string& ip) {
    return *runtime::SocketAddress::from_ip(ip, 1);
}

}  // namespace

TEST_CASE("an address may come so often, its home twice and its block five times as often") {
    NetworkRateLimiter rate(NetworkRateLimiter::Settings::of(3));
    for (int i = 0; i < 30; ++i) {
        REQUIRE_FALSE(rate.take(address_at("2001:db8::1"), arrival_time));
    }
    CHECK(rate.take(address_at("2001:db8::1"), arrival_time) == "2001:db8::/64");
    for (int i = 0; i < 30; ++i) {
        REQUIRE_FALSE(rate.take(address_at("2001:db8:0:" + std::to_string(1 + i) + "::1"), arrival_time));
    }
    CHECK(rate.take(address_at("2001:db8:0:99::1"), arrival_time) == "2001:db8::/56");
    for (int i = 0; i < 90; ++i) {
        REQUIRE_FALSE(
            rate.take(address_at("2001:db8:0:" + std::to_string(1'000 + 100 * (i % 80)) + "::1"), arrival_time));
    }
    CHECK(rate.take(address_at("2001:db8:0:9900::1"), arrival_time) == "2001:db8::/48");
    for (int i = 0; i < 3; ++i) {
        REQUIRE_FALSE(rate.take(address_at("2001:db8::1"), arrival_time + 1s));
    }
    CHECK(rate.take(address_at("2001:db8::1"), arrival_time + 1s) == "2001:db8::/64");
    for (int i = 0; i < 1'000; ++i) {
        REQUIRE_FALSE(rate.take(address_at("::1"), arrival_time));  // this machine
    }
}
